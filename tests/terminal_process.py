"""A process on a terminal of its own, as a user at the keyboard has it."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# The session's leader gets the terminal as its own, so that typing Ctrl-C there is a signal.
LEAD = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
CTRL_C = "\x03"
CTRL_D = "\x04"
WIDTH = 500  # columns: no line is broken


class TerminalProcess:
    """A running command; `shown` is all that it has written to its terminal so far, with plain line ends."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self._terminal, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (50, WIDTH))
        self._process = subprocess.Popen(
            [sys.executable, "-c", LEAD, *argv],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={**_environment(), "TERM": "xterm", **(environment or {})},
        )
        os.close(theirs)
        self.shown = ""

    @property
    def pid(self) -> int:
        return self._process.pid

    def until(self, text: str, timeout: float = 60, times: int = 1) -> None:
        """Reads until the process has shown this text so many times."""
        deadline = time.monotonic() + timeout
        while self.shown.count(text) < times:
            assert time.monotonic() < deadline, f"no {text!r} within {timeout} s: {self.shown!r}"
            assert self._read(0.1) or self._process.poll() is None, f"ended without {text!r}: {self.shown!r}"

    def silence(self, seconds: float) -> str:
        """What the process shows within this time."""
        before = len(self.shown)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._read(0.05)
        return self.shown[before:]

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def echoes(self) -> bool:
        """Whether the terminal shows what is typed."""
        return bool(termios.tcgetattr(self._terminal)[3] & termios.ECHO)

    def end(self, timeout: float = 60) -> int:
        """Reads until the process has ended; its exit status."""
        deadline = time.monotonic() + timeout
        while self._process.poll() is None:
            assert time.monotonic() < deadline, f"still running after {timeout} s: {self.shown!r}"
            self._read(0.05)
        while self._read(0.05):
            pass
        return self._process.returncode

    def _read(self, patience: float) -> bool:
        if not select.select([self._terminal], [], [], patience)[0]:
            return False
        try:
            heard = os.read(self._terminal, 65536)
        except OSError:  # the process closed its side
            time.sleep(patience)
            return False
        self.shown += heard.decode(errors="replace").replace("\r\n", "\n")
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(60)
        os.close(self._terminal)


def _environment() -> dict[str, str]:
    """Ours, but for a width that belongs to another terminal."""
    return {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
