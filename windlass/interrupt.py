"""Ctrl-C, noticed even where Python cannot raise it: in the callback of a weak reference, as imports have them."""

from __future__ import annotations

import signal
import threading
from concurrent.futures import FIRST_EXCEPTION, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

T = TypeVar("T")
LOOK = 0.2  # How often the main thread wakes: a signal that reaches another thread does not wake it.


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
    before = signal.signal(signal.SIGINT, interrupt.press)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)


def results(jobs: Sequence[Future[T]]) -> list[T]:
    """What all the jobs give; raises at once what one of them raises, and KeyboardInterrupt."""
    with noticing() as interrupt:
        while (state := wait(jobs, LOOK, FIRST_EXCEPTION)).not_done:
            interrupt.check()
            for job in state.done:
                job.result()
        return [job.result() for job in jobs]
