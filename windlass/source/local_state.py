"""What an app has written on whatever machine it ran on: databases, logs, uploads. They are no part of its code."""

from __future__ import annotations

import re

_DATABASE = re.compile(r"(.*/)?[^/]+\.(sqlite3?|db3?)(-wal|-shm|-journal)?")
_SCHEDULE = re.compile(r"(.*/)?celerybeat-schedule(\.\w+)?")
_LOG = re.compile(r"[^/]+\.log(\.\d+)?")
_FOLDER = re.compile(r"(.*/)?(logs?|uploads?)/.+")


def is_database(path: str) -> bool:
    """Whether a file is a database, by its name."""
    return bool(_DATABASE.fullmatch(path))


def is_local(path: str) -> bool:
    """Whether a file of the source is what a machine made of it, and not its authors."""
    if path.endswith((".py", ".gitkeep", ".gitignore")):
        return False
    return any(pattern.fullmatch(path) for pattern in (_DATABASE, _SCHEDULE, _LOG, _FOLDER))
