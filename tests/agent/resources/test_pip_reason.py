"""Why pip failed: its own words, few of them. The outputs are those of pip 23.0 (Debian 12), some of them shortened."""

from __future__ import annotations

import pytest

from windlass.agent.resources.pip_reason import explain

NO_VERSION = """\
Collecting flask==3.1.3
  Downloading flask-3.1.3-py3-none-any.whl (103 kB)
ERROR: Could not find a version that satisfies the requirement nosuchthing==1.0 (from versions: none)
ERROR: No matching distribution found for nosuchthing==1.0
"""
NO_NETWORK = """\
WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken by \
'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f>: Failed to establish a new \
connection: [Errno 111] Connection refused')': /simple/flask/
ERROR: Could not find a version that satisfies the requirement flask==3.1.3 (from versions: none)
ERROR: No matching distribution found for flask==3.1.3
"""
CUT_OFF = """\
Collecting thing==1
  Downloading http://127.0.0.1:18765/thing-1-py3-none-any.whl (100 kB)
ERROR: Exception:
Traceback (most recent call last):
  File "/usr/lib/python3.11/socket.py", line 706, in readinto
    return self._sock.recv_into(b)
           ^^^^^^^^^^^^^^^^^^^^^^^
TimeoutError: timed out

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/usr/share/python-wheels/pip-23.0.1-py3-none-any.whl/pip/_vendor/urllib3/response.py", line 443, in \
_error_catcher
    raise ReadTimeoutError(self._pool, None, "Read timed out.")
pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPConnectionPool(host='127.0.0.1', port=18765): Read timed out.
"""
WRONG_HASH = """\
Processing ./thing-1-py3-none-any.whl
ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package versions, \
please update the hashes. Otherwise, examine the package contents carefully; someone may have tampered with them.
    thing==1 from file:///tmp/rec/thing-1-py3-none-any.whl (from -r h.txt (line 1)):
        Expected sha256 aa
             Got        bb

"""
CONFLICT = """\
Processing ./thing-1-py3-none-any.whl
ERROR: Cannot install thing==1 and thing==2 because these package versions have conflicting dependencies.

The conflict is caused by:
    The user requested thing==1
    The user requested thing==2

To fix this you could try to:
1. loosen the range of package versions you've specified
2. remove package versions to allow pip attempt to solve the dependency conflict

ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/dependency-resolution/
"""
NO_SPACE = """\
Processing ./big-1-py3-none-any.whl
Installing collected packages: big
ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device

"""
NO_GIT = """\
Collecting x@ git+https://127.0.0.1:9/x.git
  Cloning https://127.0.0.1:9/x.git to /tmp/pip-install-e40sr1ow/x_64c7ff18df78492c8f0240459d208bbe
  ERROR: Error [Errno 2] No such file or directory: 'git' while executing command git version
ERROR: Cannot find command 'git' - do you have 'git' installed and in your PATH?
"""
BUILD = """\
Processing ./pkg2
  Getting requirements to build wheel: started
  Getting requirements to build wheel: finished with status 'done'
  Preparing metadata (pyproject.toml): started
  Preparing metadata (pyproject.toml): finished with status 'error'
  error: subprocess-exited-with-error
  \n\
  \N{MULTIPLICATION SIGN} Preparing metadata (pyproject.toml) did not run successfully.
  │ exit code: 1
  ╰─> [2 lines of output]
      running bdist_wheel
      Error: pg_config executable not found.
      [end of output]
  \n\
  note: This error originates from a subprocess, and is likely not a problem with pip.
error: metadata-generation-failed

\N{MULTIPLICATION SIGN} Encountered error while generating package metadata.
╰─> See above for output.
"""


@pytest.mark.parametrize(
    ("output", "reason", "hint"),
    [
        (
            NO_VERSION,
            (
                "Could not find a version that satisfies the requirement nosuchthing==1.0 (from versions: none)\n"
                "No matching distribution found for nosuchthing==1.0"
            ),
            (
                "Check name and version, and whether it is there for the host's Python; pip asks the index of"
                " /etc/pip.conf."
            ),
        ),
        (
            NO_NETWORK,  # which is not taken for no such package
            (
                "pip cannot reach the package index: NewConnectionError('<pip._vendor.urllib3.connection."
                "HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno 111]"
                " Connection refused')"
            ),
            "Check the host's network, proxy and /etc/pip.conf.",
        ),
        (
            CUT_OFF,
            (
                "pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPConnectionPool(host='127.0.0.1', port=18765):"
                " Read timed out."
            ),
            "Check the host's network, proxy and /etc/pip.conf.",
        ),
        (
            WRONG_HASH,
            WRONG_HASH.partition("ERROR: ")[2].rstrip(),
            "Make the hashes again, if you trust the change.",
        ),
        (
            CONFLICT,
            (
                "Cannot install thing==1 and thing==2 because these package versions have conflicting dependencies.\n"
                "The conflict is caused by:\n    The user requested thing==1\n    The user requested thing==2\n"
                "ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/dependency-resolution/"
            ),
            "Loosen one of the versions, or leave it out.",
        ),
        (
            NO_SPACE,
            "Could not install packages due to an OSError: [Errno 28] No space left on device",
            "Free some space on the disk that /srv is on, then run again.",
        ),
        (
            NO_GIT,
            (
                "Error [Errno 2] No such file or directory: 'git' while executing command git version\n"
                "Cannot find command 'git' - do you have 'git' installed and in your PATH?"
            ),
            "A requirement comes from git: add git to the app's `packages`.",
        ),
        (
            BUILD,
            (
                "Preparing metadata (pyproject.toml) did not run successfully.\n│ exit code: 1\n"
                "╰─> [2 lines of output]\nrunning bdist_wheel\nError: pg_config executable not found."
            ),
            "Add what the build needs to the app's `packages`, often build-essential and python3-dev.",
        ),
        ("", "pip said nothing", None),
        ("Killed", "Killed", None),
    ],
)
def test_reason_and_hint(output: str, reason: str, hint: str | None) -> None:
    assert explain(output) == (reason, hint)


def test_it_is_never_long() -> None:
    assert len(explain("\n".join(f"ERROR: {number}" for number in range(500)))[0].splitlines()) == 12
