"""Why pip failed: its own words, few of them. The outputs are real ones, shortened."""

from __future__ import annotations

from windlass.resources.pip_reason import explain

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
WRONG_HASH = """\
ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package versions, \
please update the hashes. Otherwise, examine the package contents carefully; someone may have tampered with them.
    itsdangerous==2.2.0 from https://files.example.org/itsdangerous-2.2.0-py3-none-any.whl (from -r r.txt (line 1)):
        Expected sha256 aa
             Got        bb
"""
BUILD = """\
  error: subprocess-exited-with-error

  \N{MULTIPLICATION SIGN} Building wheel for psycopg2 (pyproject.toml) did not run successfully.
  │ exit code: 1
  ╰─> [140 lines of output]
      running bdist_wheel
      Error: pg_config executable not found.
      [end of output]

  note: This error originates from a subprocess, and is likely not a problem with pip.
  ERROR: Failed building wheel for psycopg2
ERROR: Could not build wheels for psycopg2, which is required to install pyproject.toml-based projects
"""


def test_no_such_version() -> None:
    reason, hint = explain(NO_VERSION)
    assert reason.splitlines() == [
        "Could not find a version that satisfies the requirement nosuchthing==1.0 (from versions: none)",
        "No matching distribution found for nosuchthing==1.0",
    ]
    assert hint
    assert "Check name and version" in hint


def test_no_network_is_not_taken_for_no_such_package() -> None:
    reason, hint = explain(NO_NETWORK)
    assert reason.startswith("pip cannot reach the package index: ")
    assert reason.endswith("Connection refused')")
    assert hint
    assert "proxy" in hint


def test_wrong_hash_shows_which() -> None:
    reason, _ = explain(WRONG_HASH)
    assert "itsdangerous==2.2.0 from" in reason
    assert "Expected sha256 aa" in reason


def test_a_build_that_fails_shows_its_end() -> None:
    reason, hint = explain(BUILD)
    assert reason.startswith("Building wheel for psycopg2 (pyproject.toml) did not run successfully.")
    assert "Error: pg_config executable not found." in reason
    assert "end of output" not in reason
    assert hint
    assert "`packages`" in hint


def test_it_is_never_long_and_never_nothing() -> None:
    assert len(explain("\n".join(f"ERROR: {number}" for number in range(500)))[0].splitlines()) == 12
    assert explain("") == ("pip said nothing", None)
    assert explain("Killed") == ("Killed", None)
