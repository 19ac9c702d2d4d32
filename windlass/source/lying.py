"""A file or link as it lies in a folder of this machine."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from windlass.source import lfs
from windlass.source.tree import Entry

if TYPE_CHECKING:
    from pathlib import Path


def lying(file: Path, path: str, label: str) -> Entry | None:
    """The entry at `path` of the source that `label` names; None for what is neither file nor link, or not there."""
    try:
        status = file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISLNK(status.st_mode):
        return Entry(path, 0, False, bytes, os.readlink(file))
    if not stat.S_ISREG(status.st_mode):
        return None
    return Entry(
        path,
        status.st_size,
        bool(status.st_mode & stat.S_IXUSR),
        lambda: lfs.check(file.read_bytes(), f"{label}/{path}", "git lfs pull, or list it in .deployignore."),
    )
