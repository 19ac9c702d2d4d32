"""Ctrl-C, taken where the main thread looks for it.

Raised wherever it happens to be, it may get lost (in the callback of a weak reference, as imports have them), and two
of them in a row may leave a lock as it must not be, or a traceback.
"""

from __future__ import annotations

import signal
import threading
from concurrent.futures import FIRST_EXCEPTION, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

T = TypeVar("T")
LOOK = 0.2  # How often the main thread wakes: a signal that reaches another thread does not wake it.


class Interrupt:
    """How often Ctrl-C was pressed that nobody has taken notice of."""

    def __init__(self) -> None:
        self._pressed = 0

    def press(self, number: int, frame: object) -> None:
        """Takes the signal (signal(7))."""
        self._pressed += 1

    def check(self) -> None:
        """Takes notice of one, if there was one, and raises KeyboardInterrupt."""
        if self._pressed:
            self._pressed -= 1
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
        interrupt.check()
        return [job.result() for job in jobs]
