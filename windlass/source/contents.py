"""What a source has in it, and what of that goes to a host."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from windlass.errors import SourceError
from windlass.source.ignore import Rules, ruled_out
from windlass.source.local_state import local
from windlass.source.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from windlass.source.tree import Entry

DEPLOYIGNORE = ".deployignore"
_MOST_NAMED = 5


@dataclass
class Contents:
    """The files of a source by path, each made an entry when it is wanted (None = it is none after all).

    `known` are those that would be missed; `modules` submodules whose files are not here. Reading fills `differing`
    with what is not as in `commit` (None = not from git).
    """

    label: str
    found: dict[str, Callable[[], Entry | None]]
    commit: str | None = None
    known: set[str] = field(default_factory=set)
    modules: list[str] = field(default_factory=list)
    modules_hint: str = ""
    differing: set[str] = field(default_factory=set)

    def tree(self) -> tuple[Tree, tuple[str, ...]]:
        """What goes to a host, and sentences on what does not though somebody may miss it there.

        `.deployignore` at the top leaves out what it names, and `!NAME` in it keeps what is left out anyway. Raises
        SourceError.
        """
        rules = self._rules()
        wanted = [path for path in self.found if not rules.leave_out(path)]
        missing = [path for path in self.modules if not rules.leave_out(path, is_folder=True)]
        if missing:
            raise SourceError(
                f"{self.label}: it has submodules that are not checked out: {named(missing)}", hint=self.modules_hint
            )
        out = ruled_out(wanted)
        mine = {path for path in local(wanted) if path not in self.known and not rules.keep(path)}
        entries = [
            entry
            for path in wanted
            if path not in out and path not in mine and (entry := self.found[path]()) is not None
        ]
        tops = dict.fromkeys(top for path, top in out.items() if path in self.known and not rules.leave_out(top))
        return Tree(self.label, entries), tuple(self._remarks(list(tops), sorted(mine - out.keys())))

    def _rules(self) -> Rules:
        rules = Rules()
        if DEPLOYIGNORE in self.found and (entry := self.found[DEPLOYIGNORE]()) is not None:
            rules.add("", Tree(self.label, [entry]).text(DEPLOYIGNORE))
        return rules

    def _remarks(self, tops: list[str], mine: list[str]) -> Iterator[str]:
        if tops:
            yield f"{self.label}: left out, though git has it: {named(tops)} (no word of those in {DEPLOYIGNORE})"
        if mine:
            yield (
                f"{self.label}: left out, as this machine's own: {named(mine)}"
                f" (`!/{mine[0]}` in {DEPLOYIGNORE} sends it, no word of those that it names)"
            )


def named(paths: list[str] | tuple[str, ...]) -> str:
    """Paths in a line, the first ones only where there are many."""
    more = len(paths) - _MOST_NAMED
    return ", ".join(paths[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
