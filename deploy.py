#!/usr/bin/env python3
"""Hauls a Flask app from a bare Linux host to production: `python deploy.py --help`.

All commands but `run` and `ssh` are Fabric tasks, too: `fab -c deploy --list`, `fab -c deploy -H root@HOST provision`.
"""

if __name__ == "__main__":
    from windlass.cli import main

    main()
else:
    from windlass.tasks import collection

    namespace = collection()
