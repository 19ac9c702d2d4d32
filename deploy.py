#!/usr/bin/env python3
"""Hauls a Flask app from a bare Linux host to production: `./deploy.py --help`.

All commands but `run` and `ssh` are Fabric tasks, too: `fab -c deploy --list`, `fab -c deploy -H root@HOST provision`.
"""

import os
import sys


def main() -> None:
    """Runs the command line, in the project's own environment where there is one."""
    programs = os.path.join(os.path.dirname(os.path.realpath(__file__)), ".venv/bin")
    python = os.path.join(programs, "python")
    # Folders are compared, for the interpreters of all environments are links to the same one.
    inside = os.path.samefile(os.path.dirname(sys.executable), programs) if os.access(python, os.X_OK) else True
    # The variable is for a `python` that is no link but leads elsewhere again: once is enough.
    if not inside and os.environ.get("WINDLASS_PYTHON") != python:
        os.environ["WINDLASS_PYTHON"] = python
        os.execv(python, [python, *sys.argv])  # noqa: S606 - that is the purpose
    try:
        from windlass.cli import cli
    except ModuleNotFoundError as missing:
        print(
            f"error: {sys.executable} has no Python package {missing.name!r}, which Windlass needs\n"
            "  `make demo` makes .venv, with all it needs; without a lab:\n"
            "  python3 -m venv .venv && .venv/bin/pip install --require-hashes -r requirements.lock",
            file=sys.stderr,
        )
        sys.exit(2)
    cli.main()


if __name__ == "__main__":
    main()
else:
    from windlass.cli.tasks import collection

    namespace = collection()
