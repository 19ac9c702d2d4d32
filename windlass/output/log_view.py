"""Lines of logs for people to read, or as JSON: those of several hosts in the order of their times."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from windlass.errors import AgentError
from windlass.output.terminal import colours

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from windlass.agent.messages.answers import Event, Line

HUES = ("cyan", "magenta", "blue", "green", "bright_cyan", "bright_magenta")
ERROR, WARNING = 3, 4  # syslog(3)
# How long, and how much of them, lines are held until every host has told its own (seconds, characters).
LONGEST, MOST = 30, 256 * 1024 * 1024
OF_EACH = 200  # beside its text


class LogView:
    """Prints lines, from any thread; those that were there already when every host has told its own.

    `tell_cut` says whether to tell that there are older lines.
    """

    def __init__(self, hosts: list[str], apps: set[str], *, as_json: bool = False, tell_cut: bool = False) -> None:
        self.as_json = as_json
        self.tell_cut = tell_cut
        self.colour = colours()  # threads have no context of click's to ask
        self._waiting = set(hosts)
        self._held: list[tuple[str, Line]] = []
        self._room = MOST
        self._begun = time.monotonic()
        self._lock = threading.Lock()
        self._several_apps = len(apps) > 1
        by = [f"{app}/systemd" for app in apps] if self._several_apps else ["systemd"]
        self._source_width = max(map(len, [*apps, *by]))
        self._width = max(map(len, hosts)) if len(hosts) > 1 else 0
        self._hues = {host: HUES[number % len(HUES)] for number, host in enumerate(hosts)}
        # From the other end: a host and its first app are not to look alike.
        shades = HUES[::-1]
        self._shades = {app: shades[number % len(shades)] for number, app in enumerate(sorted(apps))}

    def take(self, host: str, event: Event) -> None:
        """Takes what an agent tells: a line, or that it has told all that was there."""
        with self._lock:
            if event["type"] == "line" and self._waiting:
                self._hold(host, event)
            elif event["type"] == "line":
                self._print([(host, event)])
            elif event["type"] != "shown":
                raise AgentError(f"the agent said {event['type']!r}")
            else:
                if event["cut"] and self.tell_cut:
                    self.say(f"{host}  there are older lines; -n shows more")
                self._told(host)

    def heard(self, host: str) -> bool:
        """Whether a host has told all that was there."""
        with self._lock:
            return host not in self._waiting

    def failed(self, host: str, why: str) -> None:
        """A host tells no more."""
        self.say(f"{host}  {click.style('failed', fg='red')}  {why}")
        with self._lock:
            self._told(host)

    def say(self, text: str) -> None:
        """A sentence that is no line of a log."""
        click.echo(text, err=True, color=self.colour)

    def _hold(self, host: str, line: Line) -> None:
        self._held.append((host, line))
        self._room -= len(line["text"]) + OF_EACH
        if self._room < 0 or time.monotonic() - self._begun > LONGEST:
            self.say(f"not in the order of time, for it takes long: {', '.join(sorted(self._waiting))}")
            self._waiting.clear()
            self._release()

    def _told(self, host: str) -> None:
        if host in self._waiting:
            self._waiting.remove(host)
            if not self._waiting:
                self._release()

    def _release(self) -> None:
        self._held.sort(key=lambda each: each[1]["time"])
        self._print(self._held)
        self._held = []

    def _print(self, lines: Iterable[tuple[str, Line]]) -> None:
        shown = self._json if self.as_json else self._words
        # One write for many, and a flush for those who read a pipe as it comes.
        click.echo(
            "".join(f"{text}\n" for host, line in lines for text in shown(host, line)), nl=False, color=self.colour
        )

    def _json(self, host: str, line: Line) -> Iterator[str]:
        told = {name: value for name, value in line.items() if name not in ("type", "time")}
        moment = datetime.fromtimestamp(line["time"], UTC).isoformat(timespec="milliseconds")
        yield json.dumps({"host": host, "time": moment, **told})

    def _words(self, host: str, line: Line) -> Iterator[str]:
        moment = datetime.fromtimestamp(line["time"]).isoformat(" ", "milliseconds")
        where = click.style(f"{host:{self._width}}  ", fg=self._hues[host]) if self._width else ""
        shade = self._shades.get(line["app"]) if self._several_apps else None
        source = click.style(
            f"{self._source(line):{self._source_width}}", fg="bright_black" if line["source"] == "systemd" else shade
        )
        head = f"{where}{click.style(moment, dim=True)}  {source}  "
        colour = "red" if line["priority"] <= ERROR else "yellow" if line["priority"] == WARNING else None
        for text in line["text"].split("\n"):
            yield head + click.style(text, fg=colour)

    def _source(self, line: Line) -> str:
        app, source = line["app"], line["source"]
        if source == "app":
            return app
        by = source if source == "systemd" else "nginx"
        return f"{app}/{by}" if self._several_apps else by
