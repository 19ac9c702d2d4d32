"""What the package index has of a Python package, for the Python and the processor of this host."""

from __future__ import annotations

import glob
import re
from typing import TYPE_CHECKING

from windlass.agent.failures import CommandFailed, CommandTrouble, Failed
from windlass.agent.resources import confined, pip_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from windlass.agent.machine import Machine

PYTHON = "/usr/bin/python3"
# Debian's own pip as a wheel that runs from where it lies: a venv without ensurepip is made in 0.05 s, not in 5.7 s,
# and there is no pip in production for anybody to use.
PIP_WHEELS = "/usr/share/python-wheels/pip-*.whl"
TIMEOUT = 60  # seconds
# Nobody has it; so pip says which there are, and fetches none.
NO_VERSION = "0.dev0"
_VERSIONS = re.compile(r"from versions: ([^)]*)\)")
_PLAIN = re.compile(r"\d+(\.\d+)*")


def pip() -> str:
    """Where pip is, for an interpreter to run; raises Failed when it is not there."""
    wheels = sorted(glob.glob(PIP_WHEELS))
    if not wheels:
        raise Failed(f"there is no pip on the host ({PIP_WHEELS})", hint="Install the package python3-venv.")
    return f"{wheels[-1]}/pip"


def with_wheels(machine: Machine, name: str, command: Sequence[str] = ()) -> list[str]:
    """The versions that can be installed here without a build, oldest first; none, too, where it does not answer.

    `command` is how pip is begun; none = with the system's Python. Pre-releases are left out.
    """
    try:
        words = [
            *(command or (PYTHON, "-I", pip())),
            "download",
            "--no-deps",
            "--only-binary=:all:",
            "--no-cache-dir",
            "--dest=/tmp",
        ]
        words += ["--no-input", "--disable-pip-version-check", f"{name}=={NO_VERSION}"]
        environment = {**pip_settings.variables(), "HOME": "/nonexistent", "PYTHONNOUSERSITE": "1"}
        machine.run(words, user=confined.BUILDER, env=environment, timeout=TIMEOUT)
    except CommandFailed as failure:
        found = _VERSIONS.search(failure.output)
        return [each for each in found[1].split(", ") if _PLAIN.fullmatch(each)] if found else []
    except (CommandTrouble, Failed):
        pass
    return []


def after(versions: Sequence[str], version: str) -> str | None:
    """The oldest of them that is newer than a version ("" = any), else the newest of all; None = there is none."""
    newer = [each for each in versions if version and _key(each) > _key(version)]
    return next(iter(newer or versions[-1:]), None)


def _key(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]
