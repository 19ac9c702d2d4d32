"""One line of a log, and which lines are wanted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent.failures import Failed

if TYPE_CHECKING:
    from windlass.agent.messages.answers import LogEntry

# As Gunicorn and nginx write down the questions of a switch and of `status`: they come from the host itself.
_PROBE = re.compile(r'(127\.0\.0\.1|::1|-) .*"windlass"($| \S+ [0-9a-f]{32} )')


@dataclass
class Wanted:
    """Of each log the newest `count` lines that match `pattern` (None = any) and are not older than `since`.

    `since` is in seconds since the epoch; 0 = however old. `probes`: also what Windlass itself asked of the app.
    """

    count: int
    since: float
    pattern: re.Pattern[str] | None
    probes: bool = True

    @classmethod
    def of(cls, count: int, since: float, grep: str | None, *, probes: bool = True) -> Wanted:
        """From what a user asks for; as with journalctl, a pattern without capitals means them, too."""
        if grep is None:
            return cls(count, since, None, probes)
        try:
            return cls(count, since, re.compile(grep, re.IGNORECASE if grep == grep.lower() else 0), probes)
        except re.error as error:
            raise Failed(f"this host's Python does not understand the pattern {grep!r}: {error}") from None

    def matches(self, line: LogEntry) -> bool:
        """Whether a line is wanted, as far as its text says."""
        if not self.probes and _PROBE.match(line["text"]):
            return False
        return self.pattern is None or self.pattern.search(line["text"]) is not None
