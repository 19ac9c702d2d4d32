"""A symbolic link, and a path that must not be there."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent import files
from windlass.agent.failures import Failed
from windlass.agent.resources.patch import Side, patch
from windlass.agent.resources.resource import Diff, Resource, State

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(eq=False)
class Link(Resource):
    """A symbolic link from the absolute `path` to `target`, which need not exist."""

    path: str
    target: str
    notify: Sequence[Resource] = ()

    def desired(self) -> State:
        return {"target": self.target}

    def actual(self) -> State:
        try:
            return {"target": os.readlink(self.path)}
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            raise Failed(f"{self.path} is there but is no link", hint="Move it away, then run again.") from None

    def apply(self, diff: Diff) -> None:
        files.link(self.path, self.target)


@dataclass(eq=False)
class Absent(Resource):
    """A path where no file and no link may be; a directory there is refused, not removed."""

    path: str
    notify: Sequence[Resource] = ()

    def desired(self) -> State:
        return None

    def actual(self) -> State:
        return {} if os.path.lexists(self.path) else None

    def apply(self, diff: Diff) -> None:
        if os.path.isdir(self.path) and not os.path.islink(self.path):
            raise Failed(f"{self.path} is a directory", hint="Move it away, then run again.")
        files.check(os.path.dirname(self.path))
        os.unlink(self.path)

    def patch(self) -> str:
        if os.path.islink(self.path) or not os.path.isfile(self.path):
            return ""
        mode = stat.S_IMODE(os.lstat(self.path).st_mode)
        if not mode & stat.S_IROTH:
            # Nobody has said what is in it; a file that not all may read can have a secret.
            return patch(self.path, Side(None, mode), None)
        with open(self.path, "rb") as file:
            return patch(self.path, Side(file.read(), mode), None)
