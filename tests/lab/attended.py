"""Commands that an operator attends: on pipes or on a terminal, interrupted, killed; and what they leave behind."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.lab.commands import Commands

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from windlass.lab import Lab, LabHost

PAGE = "shortener.lab.test"

# What could be left of us on a host: an agent, a reader of the journal, a command that was run.
OURS = (
    "pgrep -af '[j]ournalctl --quiet|[w]indlass.agent.loader|[s]ystemd-run';"
    " systemctl list-units --plain --no-legend 'windlass-run-*'"
)


def serving(lab: Lab, host: LabHost, project: Path) -> Commands:
    """A project with the shortener, which the host serves."""
    lab.acme.set_name(PAGE, host.inner_address)
    commands = Commands.in_new_folder(project)
    commands("provision", host.name)
    return commands


@contextmanager
def begin(commands: Commands, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command that goes on, on pipes; it does not outlive the block."""
    argv = [sys.executable, str(commands.program), "--project", str(commands.folder), *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=pipe) as running:
        try:
            yield running
        finally:
            running.kill()


def line_with(running: subprocess.Popen[bytes], words: bytes) -> bytes:
    """The next line that has these words in it."""
    assert running.stdout
    deadline = time.monotonic() + 120
    seen = b""
    while time.monotonic() < deadline:
        if select.select([running.stdout], [], [], 1)[0]:
            seen += os.read(running.stdout.fileno(), 65536)
        for line in seen.split(b"\n")[:-1]:
            if words in line:
                return line
    raise AssertionError(f"{words!r} does not come: {seen!r}")


def nothing_is_left(host: LabHost) -> None:
    """Return when nothing of ours runs on the host; within 15 s."""
    deadline = time.monotonic() + 120
    while left := host.run(f"{OURS} || true"):
        assert time.monotonic() < deadline, left
        time.sleep(0.2)


class Screen:
    """The far side of a terminal on which a command runs."""

    def __init__(self, master: int, process: subprocess.Popen[bytes]) -> None:
        self._master, self._process = master, process
        self.seen = ""

    def wait_for(self, words: str) -> None:
        deadline = time.monotonic() + 120
        while words not in self.seen:
            assert time.monotonic() < deadline, self.seen
            if select.select([self._master], [], [], 1)[0]:
                self.seen += os.read(self._master, 65536).decode(errors="replace")
        self.seen = self.seen.partition(words)[2]

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def resize(self, rows: int, columns: int) -> None:
        _size(self._master, rows, columns)
        self._process.send_signal(signal.SIGWINCH)

    def status(self) -> int:
        return self._process.wait(120)


def _size(master: int, rows: int, columns: int) -> None:
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


@contextmanager
def terminal(commands: Commands, *arguments: str) -> Iterator[Screen]:
    """Runs a command on a terminal of 31 lines and 91 columns, which is closed at the end."""
    master, slave = pty.openpty()
    _size(master, 31, 91)
    argv = [sys.executable, str(commands.program), "--project", str(commands.folder), *arguments]
    environment = {**os.environ, "TERM": "xterm-test"}
    process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True)
    os.close(slave)
    try:
        yield Screen(master, process)
    finally:
        os.close(master)
        process.kill()
        process.wait()
