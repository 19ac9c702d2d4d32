"""Lines of logs for people to read, or as JSON: those of several hosts in the order of their times."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from windlass.output.terminal import colours

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from windlass.agent.wire import Message

HUES = ("cyan", "magenta", "blue", "green", "bright_cyan", "bright_magenta")
ERROR, WARNING = 3, 4  # syslog(3)


class LogView:
    """Prints lines, from any thread; those that were there already when every host has told its own.

    `tell_cut` says whether to tell that there are older lines.
    """

    def __init__(self, hosts: list[str], apps: set[str], *, as_json: bool = False, tell_cut: bool = False) -> None:
        self.as_json = as_json
        self.tell_cut = tell_cut
        self.colour = colours()  # threads have no context of click's to ask
        self._waiting = set(hosts)
        self._held: list[tuple[str, Message]] = []
        self._lock = threading.Lock()
        self._several_apps = len(apps) > 1
        by = [f"{app}/systemd" for app in apps] if self._several_apps else ["systemd"]
        self._source_width = max(map(len, [*apps, *by]))
        self._width = max(map(len, hosts)) if len(hosts) > 1 else 0
        self._hues = {host: HUES[number % len(HUES)] for number, host in enumerate(hosts)}

    def take(self, host: str, event: Message) -> None:
        """Takes what an agent tells: a line, or that it has told all that was there."""
        with self._lock:
            if event["type"] == "line" and self._waiting:
                self._held.append((host, event))
            elif event["type"] == "line":
                self._print([(host, event)])
            else:
                if event["cut"] and self.tell_cut:
                    self.say(f"{host}  there are older lines; -n shows more")
                self._told(host)

    def failed(self, host: str, why: str) -> None:
        """A host tells no more."""
        self.say(f"{host}  {click.style('failed', fg='red')}  {why}")
        with self._lock:
            self._told(host)

    def say(self, text: str) -> None:
        """A sentence that is no line of a log."""
        click.echo(text, err=True, color=self.colour)

    def _told(self, host: str) -> None:
        if host in self._waiting:
            self._waiting.remove(host)
            if not self._waiting:
                self._held.sort(key=lambda each: float(each[1]["time"]))
                self._print(self._held)
                self._held = []

    def _print(self, lines: Iterable[tuple[str, Message]]) -> None:
        shown = self._json if self.as_json else self._words
        # One write for many, and a flush for those who read a pipe as it comes.
        click.echo(
            "".join(f"{text}\n" for host, line in lines for text in shown(host, line)), nl=False, color=self.colour
        )

    def _json(self, host: str, line: Message) -> Iterator[str]:
        told = {name: value for name, value in line.items() if name not in ("type", "time")}
        moment = datetime.fromtimestamp(line["time"], UTC).isoformat(timespec="milliseconds")
        yield json.dumps({"host": host, "time": moment, **told})

    def _words(self, host: str, line: Message) -> Iterator[str]:
        moment = datetime.fromtimestamp(line["time"]).isoformat(" ", "milliseconds")
        where = click.style(f"{host:{self._width}}  ", fg=self._hues[host]) if self._width else ""
        source = click.style(
            f"{self._source(line):{self._source_width}}", fg="bright_black" if line["source"] == "systemd" else None
        )
        head = f"{where}{click.style(moment, dim=True)}  {source}  "
        colour = "red" if line["priority"] <= ERROR else "yellow" if line["priority"] == WARNING else None
        for text in line["text"].split("\n"):
            yield head + click.style(_harmless(text), fg=colour)

    def _source(self, line: Message) -> str:
        app, source = line["app"], line["source"]
        if source == "app":
            return str(app)
        by = source if source == "systemd" else "nginx"
        return f"{app}/{by}" if self._several_apps else by


def _harmless(text: str) -> str:
    """The text with control characters escaped: what a visitor sends must not steer the terminal."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign == "\t" else repr(sign)[1:-1] for sign in text)
