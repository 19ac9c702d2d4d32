"""The logs of apps: the journal and nginx's files as one, for `deploy.py logs`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from windlass.agent import advice
from windlass.agent.failures import CommandFailed
from windlass.agent.logs.file import KINDS, LogFile
from windlass.agent.logs.journal import Journal
from windlass.agent.logs.line import Wanted

if TYPE_CHECKING:
    from windlass.agent.machine import Machine
    from windlass.agent.messages.answers import Line, LogEntry
    from windlass.agent.messages.requests import AskLogs

# The longest text that is told of a line (characters).
LONGEST = 64 * 1024
# How often files that are followed are looked at (seconds).
LOOK = 0.25


def tell(machine: Machine, request: AskLogs) -> None:
    """Tells the lines that a request asks for, oldest first, then those that come, if it asks to follow.

    `{"apps", "nginx", "count", "since", "grep", "follow", "probes"}`: `nginx` asks for its access and error log and not
    for the journal; else the journal and nginx's errors are told. `probes` asks for what Windlass itself wanted to know
    of an app, too.
    """
    wanted = Wanted.of(request["count"], request["since"], request["grep"], probes=request["probes"])
    journal = None if request["nginx"] else Journal(machine, request["apps"])
    kinds = KINDS if request["nginx"] else ("error",)
    files = [LogFile(app, kind) for app in request["apps"] for kind in kinds]
    found = [line for file in files for line in reversed(file.before(wanted))]
    found += reversed(journal.before(wanted)) if journal else []
    found.sort(key=lambda line: float(line["time"]))
    for line in found[-wanted.count :] if wanted.count else []:
        machine.tell(_told(line), flush=False)
    for app in request["apps"]:
        for words in advice.told(app, found):
            machine.tell({"type": "warning", "text": f"{app}: {words}"})
    machine.tell({"type": "shown", "cut": len(found) >= wanted.count > 0})
    if request["follow"]:
        _follow(machine, wanted, journal, files)


def _told(line: LogEntry) -> Line:
    text = line["text"]
    return {"type": "line", **line, "text": text if len(text) <= LONGEST else f"{text[:LONGEST]}..."}


def _follow(machine: Machine, wanted: Wanted, journal: Journal | None, files: list[LogFile]) -> None:
    def on_line(line: LogEntry) -> None:
        machine.tell(_told(line))

    def look() -> None:
        while not machine.aborted.wait(LOOK):
            for file in files:
                for line in file.fresh(wanted):
                    on_line(line)

    if journal is None:
        look()
        return
    threading.Thread(target=look, daemon=True).start()
    try:
        journal.follow(wanted, on_line)
    except CommandFailed:
        if not machine.aborted.is_set():
            raise
