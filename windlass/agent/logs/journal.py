"""The journal of apps: what their processes say, of whichever release, and what systemd says of their units."""

from __future__ import annotations

import json
import math
import pwd
import re
from typing import TYPE_CHECKING, Any, Callable, cast

if TYPE_CHECKING:
    from windlass.agent.logs.line import Wanted
    from windlass.agent.machine import Machine
    from windlass.agent.messages.answers import LogEntry

FIELDS = "MESSAGE,PRIORITY,UNIT,_SYSTEMD_UNIT,_PID"
# --all: else a message of 4 KiB and more is left out.
READ = ("journalctl", "--quiet", "--no-pager", "--all", "--output=json", f"--output-fields={FIELDS}")
# Of an entry that has none, or what is none: whoever writes to the journal's socket says what he likes.
INFO = 6
# A search that finds nothing goes through the whole journal (seconds).
TIMEOUT = 600


class Enough(Exception):
    """The reader has what it wanted."""


class Journal:
    """The journal of these apps."""

    def __init__(self, machine: Machine, apps: list[str]) -> None:
        self.machine = machine
        self.apps = apps
        self._cursor = ""  # of the newest entry that was read

    def before(self, wanted: Wanted) -> list[LogEntry]:
        """The wanted lines, newest first."""
        found: list[LogEntry] = []

        def take(text: str) -> None:
            entry = _entry(text)
            self._cursor = self._cursor or entry.get("__CURSOR", "")
            if not wanted.count:
                raise Enough
            line = self._line(entry)
            if line and line["time"] >= wanted.since and wanted.matches(line):
                found.append(line)
                if len(found) >= wanted.count:
                    raise Enough

        since = [f"--since=@{math.floor(wanted.since)}"] if wanted.since else []
        try:
            self.machine.run([*READ, "--reverse", *since, *self._matches()], timeout=TIMEOUT, each_line=take)
        except Enough:
            pass
        return found

    def follow(self, wanted: Wanted, on_line: Callable[[LogEntry], None]) -> None:
        """Passes on the wanted lines that come after those of `before`, until the control machine is gone."""

        def take(text: str) -> None:
            line = self._line(_entry(text))
            if line and wanted.matches(line):
                on_line(line)

        after = ["--no-tail", f"--after-cursor={self._cursor}"] if self._cursor else ["--lines=0"]
        self.machine.run([*READ, "--follow", *after, *self._matches()], timeout=math.inf, each_line=take)

    def _matches(self) -> list[str]:
        """What the journal has an index for: more than is wanted, as units come and go while we follow."""
        matches = ["_PID=1"]
        for app in self.apps:
            matches.append(f"SYSLOG_IDENTIFIER={app}")
            try:
                matches.append(f"_UID={pwd.getpwnam(app).pw_uid}")
            except KeyError:
                continue  # never provisioned
        return " + ".join(matches).split()

    def _line(self, entry: dict[str, Any]) -> LogEntry | None:
        """The line of an entry; None = it is about no unit of these apps."""
        said_by = str(entry.get("_SYSTEMD_UNIT", ""))
        by_systemd = entry.get("_PID") == "1"
        unit = str(entry.get("UNIT", "")) if by_systemd else said_by
        app, at, instance = unit.partition("@")
        if not at or app not in self.apps:
            return None
        pid = entry.get("_PID", "")
        told = {
            "time": int(entry["__REALTIME_TIMESTAMP"]) / 1e6,
            "app": app,
            "source": "systemd" if by_systemd else "app",
            "release": instance.rpartition(".")[0],
            "pid": int(pid) if pid.isdigit() else None,
            "priority": _priority(entry.get("PRIORITY")),
            "text": _text(entry.get("MESSAGE")),
        }
        return cast("LogEntry", told)


def _entry(text: str) -> dict[str, Any]:
    try:
        entry = json.loads(text)
    except ValueError:  # cut, as it is very long
        return {}
    return entry if isinstance(entry, dict) else {}


def _priority(field: Any) -> int:
    """A level of syslog(3); what was said twice comes as a list."""
    return int(field) if isinstance(field, str) and re.fullmatch("[0-7]", field) else INFO


def _text(message: Any) -> str:
    """A message as text: what is no printable UTF-8 comes as a list of bytes, what was said twice as a list of both."""
    if isinstance(message, list) and message and isinstance(message[0], int):
        return bytes(message).decode(errors="replace")
    if isinstance(message, list):
        return "\n".join(map(_text, message))
    return message or ""
