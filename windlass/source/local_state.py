"""What an app has written on whatever machine it ran on: databases, logs, uploads. They are no part of its code."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_DATABASE = re.compile(r"(.*/)?[^/]+\.(sqlite3?|db3?)(-wal|-shm|-journal)?")
_SCHEDULE = re.compile(r"(.*/)?celerybeat-schedule(\.\w+)?")
_LOG = re.compile(r"[^/]+\.log(\.\d+)?")
_FOLDER = re.compile(r"(?P<folder>(.*/)?(logs?|uploads?))/.+")


def is_database(path: str) -> bool:
    """Whether a file is a database, by its name."""
    return bool(_DATABASE.fullmatch(path))


def local(paths: Iterable[str]) -> set[str]:
    """Those of the files of a source that a machine has made, and not its authors."""
    listed = list(paths)
    code = {posixpath.dirname(path) for path in listed if path.endswith(".py")}
    return {path for path in listed if _is_local(path, code)}


def _is_local(path: str, code: set[str]) -> bool:
    if path.endswith((".py", ".gitkeep", ".gitignore")):
        return False
    if any(pattern.fullmatch(path) for pattern in (_DATABASE, _SCHEDULE, _LOG)):
        return True
    # A package may be called so, and has templates.
    found = _FOLDER.fullmatch(path)
    return found is not None and not any(f"{folder}/".startswith(f"{found['folder']}/") for folder in code)
