"""Ctrl-C, noticed even where Python cannot raise it: in the callback of a weak reference, as imports have them."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator


class Interrupt:
    """A Ctrl-C that may have been pressed."""

    def __init__(self) -> None:
        self._pressed = False

    def press(self, number: int, frame: object) -> NoReturn:
        """Takes the signal (signal(7)), and raises KeyboardInterrupt, which may get lost."""
        self._pressed = True
        raise KeyboardInterrupt

    def take(self) -> None:
        """Takes notice of it: it has not got lost."""
        self._pressed = False

    def check(self) -> None:
        """Raises KeyboardInterrupt if one was pressed that nobody has taken notice of."""
        if self._pressed:
            self.take()
            raise KeyboardInterrupt


@contextmanager
def noticing() -> Iterator[Interrupt]:
    """Has Ctrl-C be noticed by `check` meanwhile; in another thread than the main one there is never any."""
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    hook = sys.unraisablehook

    def unless_interrupt(lost: sys.UnraisableHookArgs) -> None:
        """Python would tell of one that it cannot raise, with a traceback."""
        if not isinstance(lost.exc_value, KeyboardInterrupt):
            hook(lost)

    before, sys.unraisablehook = signal.signal(signal.SIGINT, interrupt.press), unless_interrupt
    try:
        yield interrupt
    finally:
        sys.unraisablehook = hook
        signal.signal(signal.SIGINT, before)
