"""Ctrl-C and SIGTERM, taken where the main thread looks for it.

Raised wherever it happens to be, it may get lost (in the callback of a weak reference, as imports have them), and two
of them in a row may leave a lock as it must not be, or a traceback.
"""

from __future__ import annotations

import signal
import threading
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

S = TypeVar("S")
T = TypeVar("T")
LOOK = 0.2  # How often the main thread wakes: a signal that reaches another thread does not wake it.


# Ctrl-C, and what a cancelled job of CI gets.
SIGNALS = (signal.SIGINT, signal.SIGTERM)


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
    before = [signal.signal(number, interrupt.press) for number in SIGNALS]
    try:
        yield interrupt
    finally:
        for number, handler in zip(SIGNALS, before, strict=True):
            signal.signal(number, handler)


def results(do: Callable[[S], T], given: Sequence[S], at_once: int) -> list[T]:
    """What `do` gives for each, so many at once in threads; raises at once what one raises, and KeyboardInterrupt."""
    pool = ThreadPoolExecutor(at_once)
    try:
        with noticing() as interrupt:
            jobs = [pool.submit(do, each) for each in given]
            while (state := wait(jobs, LOOK, FIRST_EXCEPTION)).not_done:
                interrupt.check()
                for job in state.done:
                    job.result()
            interrupt.check()
            return [job.result() for job in jobs]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
