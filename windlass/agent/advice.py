"""Settings that an app wants changed, as far as what its release and nginx have logged tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from windlass.agent.failures import CommandFailed
from windlass.agent.logs.file import LogFile
from windlass.agent.logs.line import Wanted
from windlass.agent.release import unwritable
from windlass.agent.release.records import Releases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from windlass.agent.machine import Machine
    from windlass.agent.messages.answers import LogEntry
    from windlass.agent.release.records import Record

# What nginx says when it answers 413.
_TOO_LARGE = re.compile(r"client intended to send too large (?:chunked )?body(?:: (\d+) bytes)?")
# So many of the newest lines that may tell are read.
COUNT = 20


def heard(machine: Machine, app: str, release: Record) -> list[str]:
    """The advice for an app, from all that was logged since its current release was made."""
    unit = f"_SYSTEMD_UNIT={app}@{release.id}.service"
    search = ("--reverse", f"--lines={COUNT}", f"--grep={unwritable.PATTERN}", unit)
    try:
        said = machine.run(["journalctl", "--no-pager", "-q", "-o", "cat", f"--since=@{release.created}", *search])
    except CommandFailed:  # journalctl(1): no line is like that
        said = ""
    refused = LogFile(app, "error").before(Wanted(1, release.created, _TOO_LARGE))
    return _advice(app, release.id, said.splitlines()[::-1], [line["text"] for line in refused])


def told(app: str, lines: Sequence[LogEntry]) -> list[str]:
    """The advice for an app, from lines of its logs, oldest first."""
    current = Releases(f"/srv/{app}").current
    if current is None:
        return []
    own = [line["text"] for line in lines if line["app"] == app and line.get("release") == current.id]
    return _advice(app, current.id, own, [line["text"] for line in lines if line["app"] == app])


def _advice(app: str, release: str, said: Sequence[str], refused: Sequence[str]) -> list[str]:
    words = unwritable.advice(Releases(f"/srv/{app}"), app, release, said)
    sizes = [found for text in refused if (found := _TOO_LARGE.search(text))]
    size = f"{int(sizes[-1][1]) / 1024:,.0f} KiB, more" if sizes and sizes[-1][1] else "more"
    limit = f"A visitor sent {size} than nginx takes in, and got HTTP 413: `nginx: {{body_limit: ...}}` is the limit."
    return [*([words] if words else []), *([limit] if sizes else [])]
