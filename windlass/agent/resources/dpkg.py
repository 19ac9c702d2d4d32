"""dpkg's own database: which packages are installed, and what an interrupted dpkg has left half done."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = "/var/lib/dpkg"

# What is wanted of a package, whether it is in order, and how far it is (dpkg(1)).
STATUS = re.compile(r"Status: (\w+) (\w+) ([\w-]+)\n")
HALF_DONE = frozenset({"half-installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending"})
REMOVAL = ("deinstall", "purge")


class Dpkg:
    """What the lines of dpkg's `status` say; `journal` has what a dpkg that did not end has yet to enter there.

    `installed` are names, `half_done` those with which dpkg must go on, and of these `torn` (NAME:ARCHITECTURE) those
    whose files are not all there, so that they must be unpacked anew, unless they were being removed (`removing`).
    """

    def __init__(self, status: Iterable[str], journal: Iterable[str] = ()) -> None:
        self.installed: set[str] = set()
        self.half_done: list[str] = []
        self.torn: list[str] = []
        self.removing = False
        self._journal = any(name.isdigit() for name in journal)
        name = ""
        for line in status:
            if line.startswith("Package: "):
                name = line[9:-1]
            elif line.startswith("Status: ") and (found := STATUS.match(line)):
                self._note(name, *found.groups())
            elif line.startswith("Architecture: ") and self.torn and self.torn[-1] == name:
                self.torn[-1] += f":{line[14:-1]}"

    def _note(self, name: str, wanted: str, flag: str, state: str) -> None:
        if flag == "reinstreq" or state in HALF_DONE:
            self.half_done.append(name)
        elif state == "installed":
            self.installed.add(name)
        if flag == "reinstreq" or (state == "half-installed" and wanted not in REMOVAL):
            self.torn.append(name)
        elif state == "half-installed":
            self.removing = True

    @property
    def is_done(self) -> bool:
        """Whether no dpkg was interrupted, nor is at work."""
        return not (self._journal or self.half_done)


def read(folder: str = FOLDER) -> Dpkg:
    """Reads the database, without a process; raises FileNotFoundError where there is none."""
    with open(f"{folder}/status", encoding="utf-8", errors="replace") as file:
        return Dpkg(file, os.listdir(f"{folder}/updates"))
