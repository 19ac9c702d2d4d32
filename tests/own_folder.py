"""Folders in /tmp for servers with sockets in them; what a killed test run has left, the next one removes."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PARENT = Path("/tmp")  # a socket's path has 107 characters at most
HELD = ".held"
JUST_NOW = 60  # seconds


@contextmanager
def own_folder(kind: str) -> Iterator[Path]:
    """An empty folder, gone with the block."""
    prefix = f"windlass-{kind}-"
    for left in PARENT.glob(f"{prefix}*"):
        if not _is_held(left / HELD):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=PARENT))
    try:
        with (folder / HELD).open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder)


def _is_held(path: Path) -> bool:
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:  # another run is just making it, or has been killed while it removed it
        return time.time() - path.parent.stat().st_mtime < JUST_NOW
    except OSError:
        return True
    return False
