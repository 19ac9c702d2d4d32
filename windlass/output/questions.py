"""Secrets asked for on the terminal: typed unseen, one question at a time, from any thread.

Not getpass: it cannot be stopped in a thread, and a process that ends meanwhile leaves a terminal that shows nothing
of what is typed.
"""

from __future__ import annotations

import os
import select
import sys
import termios
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 4096  # bytes of an answer: a line of the terminal
PAUSE = 0.1  # seconds between two looks at whether to stop

_one = threading.Lock()
_stopped = threading.Event()
_shown: list[tuple[int, Any]] = []  # the terminal that hides what is typed, and its settings from before


class UnansweredError(Exception):
    """Nobody answers: there is no terminal, its end was typed, or all questions were stopped."""


def ask(question: str) -> str:
    """What the user types unseen after `question`; raises UnansweredError."""
    if not sys.stdin or not sys.stdin.isatty():
        raise UnansweredError
    typed = b""
    with _one, _hiding() as terminal:
        if not _stopped.is_set():
            os.write(terminal, question.encode())
            try:
                typed = _line(terminal)
            finally:
                os.write(terminal, b"\n")
    if not typed:
        raise UnansweredError
    return typed.decode(errors="replace").rstrip("\r\n")


def stop() -> None:
    """End the open question and all to come; the terminal shows again what is typed."""
    _stopped.set()
    for terminal, settings in _shown:
        termios.tcsetattr(terminal, termios.TCSANOW, settings)


def _line(terminal: int) -> bytes:
    """What is typed, up to the end of the line; nothing at the terminal's end, and once stopped."""
    while not select.select([terminal], [], [], PAUSE)[0]:
        if _stopped.is_set():
            return b""
    return os.read(terminal, LONGEST)


@contextmanager
def _hiding() -> Iterator[int]:
    """The terminal, which does not show what is typed."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        raise UnansweredError from None
    try:
        before = termios.tcgetattr(terminal)
        hidden = [*before]
        hidden[3] &= ~termios.ECHO
        _shown.append((terminal, before))
        try:
            termios.tcsetattr(terminal, termios.TCSAFLUSH, hidden)  # what was typed ahead is no answer
            yield terminal
        finally:
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
            _shown.clear()
    finally:
        os.close(terminal)
