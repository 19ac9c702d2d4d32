"""A file of somebody's that a change replaces or removes: a copy is kept of it, and it is told."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from windlass.agent import files
from windlass.agent.resources import conffiles

if TYPE_CHECKING:
    from types import TracebackType

    from windlass.agent.machine import Machine
    from windlass.agent.resources.resource import Diff, Resource

# What changes without the content of a file being another.
ASIDE = frozenset({"mode", "owner", "group", "verified", "loaded", "effective", "proved"})


class Theirs:
    """What a resource that is a file finds in its place, and has not made itself; entered while it changes that.

    The copy comes below `folder`, in folders of the same names. Nothing is kept of what a package has brought and
    nobody has changed. `told` is a line about the copy.
    """

    def __init__(self, machine: Machine, resource: Resource, folder: str) -> None:
        self._folder = folder
        path = resource.subject
        is_file = path.startswith("/") and os.path.isfile(path) and not os.path.islink(path)
        self._path = path if is_file and not conffiles.unchanged(machine, path) else ""
        self._copy, self._made = "", False
        self.told = ""

    def warning(self, diff: Diff) -> str:
        """The same for a change that is not made; empty = there is nothing to say."""
        if not self._path or not diff.keys() - ASIDE:
            return ""
        return f"{self._path} is somebody's own: it would be replaced, and a copy kept below {self._folder}"

    def __enter__(self) -> None:
        if self._path:
            self._keep()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._path:
            return
        if files.digest(self._path) != files.digest(self._copy):
            self.told = f"{self._path} was somebody's own: what was there is kept as {self._copy}"
        elif self._made:
            os.unlink(self._copy)

    def _keep(self) -> None:
        """Copies it, unless the last copy is the same."""
        folder, name = os.path.split(f"{self._folder}{self._path}")
        _own_folders(folder, len(self._folder))
        earlier = sorted(each for each in os.listdir(folder) if each.rpartition(".")[0] == name)
        self._copy = f"{folder}/{earlier[-1]}" if earlier else ""
        if earlier and files.digest(self._copy) == files.digest(self._path):
            return
        now = time.time_ns() // 1000
        self._copy = f"{folder}/{name}.{time.strftime('%Y%m%dT%H%M%S', time.gmtime(now // 10**6))}-{now % 10**6:06}"
        with open(self._path, "rb") as file:
            files.write(self._copy, file.read(), mode=0o600, uid=os.geteuid(), gid=os.getegid())
        self._made = True


def _own_folders(folder: str, root: int) -> None:
    """The folder and those above it, from a path of this length on, for root alone."""
    if len(folder) > root:
        _own_folders(os.path.dirname(folder), root)
    files.own_folder(folder)
