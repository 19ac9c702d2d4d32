"""Where lines go: plain where nobody watches, in colour and with live lines below them on a terminal."""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
import time
from typing import TYPE_CHECKING

import click

from windlass.output import questions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.live import Live
    from rich.table import Table

# How much further in the rest of a broken line begins (characters).
HANGING = 4
BROKEN_PIPE = 141  # what a shell says of a process whose reader has gone
_SPACE = re.compile(r" (?!m?s\b)")  # a time stays with its unit


def colours() -> bool | None:
    """What click's echo shall do with colours: False where none are wanted (no-color.org); None = as its stream is."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def hush() -> None:
    """Nobody reads stdout any more: what is still written goes nowhere; else Python would complain of it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Terminal:
    """Lines on stdout, from any thread, in colour on a terminal where NO_COLOR (no-color.org) is not set.

    A quiet one prints nothing. When nobody reads them any more, what is told goes on.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        watched = sys.stdout.isatty() and not quiet
        self.quiet = quiet
        self.live = watched and os.environ.get("TERM") != "dumb"
        self.colour = self.live and not os.environ.get("NO_COLOR")
        self._lock = threading.Lock()
        self._doing: dict[str, tuple[str, float]] = {}
        self._display: Live | None = None

    def paint(self, text: str, colour: str, *, bold: bool = False) -> str:
        """The text in a colour, where colours are on."""
        return click.style(text, fg=colour, bold=bold) if self.colour else text

    def line(self, text: str = "", *, error: bool = False, as_it_is: bool = False) -> None:
        """Prints a line, above the live ones; `error` sends it to stderr where nobody watches.

        One that is too long for a terminal is broken between words, unless it shall stay `as_it_is`.
        """
        # Names of files on a host may be no text at all.
        text = text.encode("utf-8", "replace").decode()
        if self.live and not as_it_is:
            width = shutil.get_terminal_size().columns
            text = "\n".join(broken for line in text.split("\n") for broken in _broken(line, width))
        if self.quiet:
            return
        with self._lock:
            if self._display is None:
                try:
                    click.echo(text, err=error and not self.live, color=self.colour)
                except BrokenPipeError:
                    hush()
            else:
                from rich.text import Text

                self._display.console.print(Text.from_ansi(text), soft_wrap=True)

    def doing(self, name: str, text: str) -> None:
        """Shows on a terminal what `name` does now, with seconds counting; an empty text ends it."""
        if not self.live:
            return
        with self._lock:
            if text:
                self._doing[name] = (text, time.monotonic())
            else:
                self._doing.pop(name, None)
            if self._display is None and text:
                self._display = _display(self._render)

    def ask(self, question: str) -> str:
        """What is typed unseen; all other lines wait meanwhile. Raises UnansweredError."""
        with self._lock:
            watched = self._display is not None
            self._take_away()
            try:
                return questions.ask(question)
            finally:
                if watched:
                    self._display = _display(self._render)

    def close(self) -> None:
        """Takes the live lines away."""
        with self._lock:
            self._doing.clear()
            self._take_away()

    def _take_away(self) -> None:
        if self._display is not None:
            self._display.stop()
            self._display = None

    def _render(self) -> Table:
        from rich.spinner import Spinner
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 1))
        for name, (text, since) in sorted(self._doing.items()):
            seconds = time.monotonic() - since
            # Plain strings would be taken for markup.
            table.add_row(Spinner("line"), Text(name), Text(text), f"{seconds:.0f} s" if seconds >= 1 else "")
        return table


def _broken(line: str, width: int) -> Iterator[str]:
    """A line, colours and all, in parts that are no wider than a terminal, if its words are not."""
    indent = " " * (len(line) - len(line.lstrip()) + HANGING)
    first, *words = _SPACE.split(line)
    part = first
    for word in words:
        if len(click.unstyle(f"{part} {word}")) <= width or not part.strip():
            part += f" {word}"
        else:
            yield part.rstrip()
            part = indent + word
    yield part


def _display(render: object) -> Live:
    from rich.console import Console
    from rich.live import Live

    display = Live(
        console=Console(no_color=bool(os.environ.get("NO_COLOR"))),
        get_renderable=render,  # type: ignore[arg-type]
        refresh_per_second=8,
        transient=True,
    )
    display.start()
    return display
