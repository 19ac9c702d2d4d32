"""Files of host patterns, one a line: `@FILE` in a pattern, and `@failed`, the hosts of the last run that failed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from windlass.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

FAILED = ".windlass/failed"


def lines_of(project: Path, name: str) -> list[str]:
    """The patterns in a file, relative to the current folder, or of `failed`; a line that begins with # is none.

    Raises UsageError where there are none: to be limited to nothing is not to be limited.
    """
    if name == "failed":
        if not (project / FAILED).exists():
            raise UsageError("'@failed': no run has been noted yet", hint="./deploy.py provision all is one")
        if not (found := _lines(project / FAILED, name)):
            raise UsageError("'@failed': the last run failed on no host", hint="Leave @failed out.")
        return found
    if not name:
        raise UsageError("'@' has no file behind it", hint="Write @FILE, or @failed.")
    found = _lines(Path(name).expanduser(), name)
    if not found:
        raise UsageError(f"'@{name}' has no pattern in it", hint="Write a host, a group or a pattern on each line.")
    return found


def note_failed(project: Path, hosts: Iterable[str]) -> None:
    """Keep the names of the hosts that a run failed on, in place of those of the run before. Raises OSError."""
    path = project / FAILED
    path.parent.mkdir(exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text("".join(f"{host}\n" for host in hosts), encoding="utf-8")
    fresh.replace(path)


def _lines(path: Path, name: str) -> list[str]:
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except OSError as error:
        raise UsageError(f"'@{name}' cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"'@{name}' cannot be read: this is not UTF-8 text") from None
    return [line for line in lines if line and not line.startswith("#")]
