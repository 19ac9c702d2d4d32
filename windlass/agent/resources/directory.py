"""A directory."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

from windlass.agent import files
from windlass.agent.failures import Failed
from windlass.agent.resources.owner import attributes, group_id, user_id
from windlass.agent.resources.resource import Diff, Resource, State


@dataclass(eq=False)
class Directory(Resource):
    """A directory; `path` is absolute, `mode` an int. What is in it is not looked at.

    Root's own link to a directory will do, e.g. to one on a disk for data.
    """

    path: str
    mode: int = 0o755
    owner: str = "root"
    group: str = "root"

    def desired(self) -> State:
        return {"mode": self.mode, "owner": self.owner, "group": self.group}

    def actual(self) -> State:
        try:
            status = os.lstat(self.path)
            if stat.S_ISLNK(status.st_mode) and status.st_uid == 0 and os.path.isdir(self.path):
                files.check(os.path.realpath(self.path))
                status = os.stat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        if not stat.S_ISDIR(status.st_mode):
            raise Failed(f"{self.path} is there but is no directory", hint="Move it away, then run again.")
        return attributes(status)

    def apply(self, diff: Diff) -> None:
        user, group = user_id(self.owner), group_id(self.group)
        if "exists" in diff:
            os.makedirs(os.path.dirname(self.path), mode=0o755, exist_ok=True)
            files.check(os.path.dirname(self.path))
            # Nobody but root may look in before it has its owner and mode.
            os.mkdir(self.path, mode=0o700)
        # A link is followed here, where `actual` has seen that it and what it leads to are root's to choose.
        handle = os.open(os.path.realpath(self.path), os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            os.fchown(handle, user, group)
            os.fchmod(handle, self.mode)
        finally:
            os.close(handle)
