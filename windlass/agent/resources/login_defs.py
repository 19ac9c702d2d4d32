"""How accounts and their passwords are made."""

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
    from collections.abc import Mapping

# Bytes that are no UTF-8, as in somebody's comment, stay as they are.
UNKNOWN = "surrogateescape"


@dataclass(eq=False)
class LoginDefs(Resource):
    """Settings in the file `path`, see login.defs(5), which has no folder for additions; its other lines stay.

    `settings` are values by name, e.g. {"UMASK": "077"}.
    """

    path: str
    settings: Mapping[str, str]

    def desired(self) -> State:
        return dict(self.settings)

    def actual(self) -> State:
        found = dict.fromkeys(self.settings)
        for line in self._lines():
            name, value = _setting(line)
            if name in found:
                found[name] = value  # of two the last one counts
        return dict(found)

    def apply(self, diff: Diff) -> None:
        files.write(self.path, self._changed().encode(errors=UNKNOWN), mode=self._mode())

    def patch(self) -> str:
        old, new = (Side(text.encode(errors=UNKNOWN), self._mode()) for text in (self._read(), self._changed()))
        return patch(self.path, old, new)

    def _changed(self) -> str:
        """The text with each setting once: in its old place, else at the end."""
        missing = dict(self.settings)
        lines: list[str] = []
        for line in self._lines():
            name, value = _setting(line)
            if name not in self.settings:
                lines.append(line)
            elif name in missing:
                wanted = missing.pop(name)
                lines.append(line if value == wanted else f"{name}\t{wanted}")
        lines += [f"{name}\t{value}" for name, value in missing.items()]
        return "".join(f"{line}\n" for line in lines)

    def _lines(self) -> list[str]:
        return self._read().removesuffix("\n").split("\n")

    def _mode(self) -> int:
        return stat.S_IMODE(os.stat(self.path).st_mode)

    def _read(self) -> str:
        try:
            with open(self.path, encoding="utf-8", errors=UNKNOWN) as file:
                return file.read()
        except FileNotFoundError:
            raise Failed(f"there is no {self.path}, which every Debian and Ubuntu has") from None


def _setting(line: str) -> tuple[str, str]:
    """Name and value of a line; the name is empty or begins with # where it sets nothing."""
    name, _, value = line.strip().replace("\t", " ").partition(" ")
    return name, value.strip()
