"""What people's shells read when they begin, where many a key is exported from."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent.resources.resource import Diff, Resource, State

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = (".bashrc", ".bash_profile", ".bash_login", ".profile", ".zshrc", ".cshrc")
CLOSED = 0o740


@dataclass(eq=False)
class InitFiles(Resource):
    """Files that shells read: of all users in `users` (see passwd(5)), and what new ones begin with, in `skeleton`.

    Others may not read them. What is not the user's own file is let alone.
    """

    skeleton: str = "/etc/skel"
    users: str = "/etc/passwd"

    def desired(self) -> State:
        return {"open": []}

    def actual(self) -> State:
        return {"open": [path for path, uid in self._files() if _close(path, uid, only_look=True)]}

    def apply(self, diff: Diff) -> None:
        for path, uid in self._files():
            _close(path, uid, only_look=False)

    def _files(self) -> Iterator[tuple[str, int]]:
        """Where such a file may be, and whose it has to be, in order."""
        homes = {self.skeleton: 0}
        with open(self.users, encoding="utf-8", errors="replace") as file:
            for line in file:
                fields = line.rstrip("\n").split(":")
                if len(fields) == 7 and fields[2].isdigit() and not fields[6].endswith(("/nologin", "/false")):
                    homes.setdefault(fields[5], int(fields[2]))
        for home in sorted(homes):
            yield from ((f"{home}/{name}", homes[home]) for name in NAMES)


def _close(path: str, uid: int, *, only_look: bool) -> bool:
    """Whether it is a regular file of this user that is open to others."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False  # mostly: there is none
    try:
        found = os.fstat(handle)
        is_open = stat.S_ISREG(found.st_mode) and found.st_uid == uid and found.st_mode & 0o7777 & ~CLOSED != 0
        if is_open and not only_look:
            os.fchmod(handle, found.st_mode & CLOSED)
        return is_open
    finally:
        os.close(handle)
