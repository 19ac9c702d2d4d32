"""Files that are there for all to read, such as the keys of package sources, whatever root's umask was."""

from __future__ import annotations

import glob
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

from windlass.agent.resources.resource import Diff, Resource, State


@dataclass(eq=False)
class PublicFiles(Resource):
    """All files in the `folders`, which hold public keys and certificates, can be read by everybody.

    `told` are files that are meant for all, too, and may hold a secret: where one of them is root's alone, that is only
    told. What is not root's own file is let alone.
    """

    folders: Sequence[str]
    told: Sequence[str] = ()

    @property
    def key(self) -> str:
        return " ".join(self.folders)

    def desired(self) -> State:
        return {"closed": []}

    def actual(self) -> State:
        return {"closed": sorted(path for path in self._paths() if _is_closed(path))}

    def apply(self, diff: Diff) -> None:
        for path in self._paths():
            if _is_closed(path):
                _open(path)

    def warning(self) -> str:
        closed = [path for path in self._paths() if _is_closed(path)]
        return f"{', '.join(closed)}: root's alone, and now for all to read, as is meant" if closed else ""

    def notes(self) -> dict[str, str]:
        closed = [path for path in self.told if os.path.exists(path) and _is_closed(path)]
        if not closed:
            return {}
        said = f"{', '.join(closed)} can be read by root alone, and is meant for all; if there is no secret in it:"
        return {"warning": f"{said} chmod 644 {' '.join(closed)}"}

    def _paths(self) -> Iterator[str]:
        for folder in self.folders:
            yield from (path.rstrip("/") for path in glob.glob(f"{folder}/**", recursive=True))  # and the folder


def _is_closed(path: str) -> bool:
    """Whether it is a file or folder of root's that others cannot read."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return False
    needed = _needed(found.st_mode)
    return needed != 0 and found.st_uid == 0 and found.st_mode & needed != needed


def _open(path: str) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(handle).st_mode
        os.fchmod(handle, stat.S_IMODE(mode) | _needed(mode))
    finally:
        os.close(handle)


def _needed(mode: int) -> int:
    """What all must be able to do; 0 = it is neither a file nor a folder."""
    return 0o055 if stat.S_ISDIR(mode) else 0o044 if stat.S_ISREG(mode) else 0
