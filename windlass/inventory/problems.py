"""Everything that is wrong with an inventory, collected so that a user sees it all at once."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, NamedTuple

from windlass.errors import InventoryError

if TYPE_CHECKING:
    from collections.abc import Iterable


_LONGEST = 600  # characters of a message, which may quote a value of any size


class Place(NamedTuple):
    """Where something stands: a file's path as shown to the user, line and column from 1, 0 = not known."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join([self.file, *(str(number) for number in (self.line, self.column) if number)])


class Problems:
    """A list of problems, each with its place."""

    def __init__(self) -> None:
        self._found: dict[tuple[Place, str], None] = {}

    def add(self, place: Place, message: str) -> None:
        """Note a problem; the same one twice is shown once."""
        self._found[place, _one_line(message)] = None

    @property
    def first(self) -> str | None:
        """The first problem by file and line, with its place; None = there is none."""
        return "{}: {}".format(*min(self._found)) if self._found else None

    def raise_if_any(self) -> None:
        """Raises InventoryError with one line per problem, in the order of files and lines."""
        if self._found:
            raise InventoryError("\n".join(f"{place}: {message}" for place, message in sorted(self._found)))


def _one_line(text: str) -> str:
    """The text with control characters escaped: one line per problem, and nothing that steers a terminal."""
    plain = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST // 2]} ... {plain[-_LONGEST // 2 :]}"


def nearest(name: str, names: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The name most like `name`, None = none is."""
    found = difflib.get_close_matches(name, list(names), n=1, cutoff=cutoff)
    return found[0] if found else None


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """ "; did you mean 'NAME'?", or nothing where no name is near."""
    near = nearest(name, names)
    return f"; did you mean {near!r}?" if near else ""


def quoted(name: object) -> str:
    """What stands for a name in a message; it may be a whole line, with a secret in it."""
    if not isinstance(name, str):
        return repr(name)
    from windlass.settings.environment import shown  # settings take a while to import

    return shown(name)


def hint_at_vars(name: object) -> str:
    """What to do where a name is a variable that stands in the wrong place."""
    return "; a variable? it goes under vars, in INI [GROUP:vars]" if re.search("[=:]", str(name)) else ""
