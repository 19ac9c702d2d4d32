"""What a role does to a fresh host, as one line: nobody reads seventy."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from windlass.output.outcome import Result

# So many changes of one role are shown each by itself.
FEW = 3


@dataclass
class Folding:
    """The changes of a role on one host that is fresh, held back until it has done others, or the host is done."""

    fresh: bool = False
    held: list[Result] = field(default_factory=list)

    def takes(self, result: Result) -> bool:
        """Whether a result is held back: a change of the whole host, where nothing was ever applied."""
        plain = result.status == "changed" and result.app is None and result.drift is None and not result.patch
        self.fresh = self.fresh or (plain and result.diff.get("exists") == [False, True])
        return self.fresh and plain

    def ready(self) -> list[Result]:
        """What has been held back, and is to be shown now."""
        held, self.held = self.held, []
        return held


def in_words(results: list[Result]) -> str:
    """How many changes of which kinds: `9 changed: 4 files, 3 directories, 2 units`."""
    kinds = Counter(result.resource.partition(" ")[0] for result in results)
    return f"{len(results)} changed: {', '.join(_counted(number, kind) for kind, number in kinds.most_common())}"


def _counted(number: int, kind: str) -> str:
    if number == 1 or kind.endswith("s"):
        return f"{number} {kind}"
    return f"{number} {kind[:-1]}ies" if kind.endswith("y") else f"{number} {kind}s"
