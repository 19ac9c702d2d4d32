"""Our terminal, or our pipes, as those of a command that runs on a host (`windlass/agent/oneoff.py`)."""

from __future__ import annotations

import base64
import os
import re
import signal
import struct
import termios
import threading
import tty
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from windlass.agent.oneoff import END, INPUT, PIECE, ROWS_COLUMNS, SIGNAL, SIZE
from windlass.errors import AgentError
from windlass.run.operator import operator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from windlass.agent.messages.answers import Event
    from windlass.agent.messages.requests import RunProgram
    from windlass.run.transport import Session

STDIN, STDOUT, STDERR = 0, 1, 2


def interactive() -> bool:
    """Whether somebody sits at a terminal, and reads there what a command says."""
    return os.isatty(STDIN) and os.isatty(STDOUT)


def request(app: str, argv: list[str], *, command: str, attached: bool = False, terminal: bool = False) -> RunProgram:
    """What to ask an agent for: a program, attached to our input or with none, with a terminal like ours or without.

    `command` is ours, as it is written down there.
    """
    asked: RunProgram = {
        "type": "run",
        "app": app,
        "argv": argv,
        "input": attached,
        "terminal": None,
        "command": command,
        "who": operator(),
    }
    if terminal:
        columns, rows = os.get_terminal_size(STDOUT)
        kind = os.environ.get("TERM", "")
        # It becomes a setting of systemd's.
        plain = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+-]*", kind)
        asked["terminal"] = {"rows": rows, "columns": columns, "kind": kind if plain else "dumb"}
    return asked


class Output:
    """What a command says, given to `write(stream, data)` as it comes; `status` is None until it has ended."""

    def __init__(self, write: Callable[[int, bytes], None]) -> None:
        self._write = write
        self.credit = threading.Semaphore(0)  # pieces of input that may be sent
        self.status: int | None = None

    def take(self, event: Event) -> None:
        """Takes what an agent tells of the command."""
        if event["type"] == "output":
            self._write(event["stream"], _decoded(event["data"]))
        elif event["type"] == "more":
            self.credit.release(event["pieces"])
        elif event["type"] == "ended":
            self.status = event["status"]
        else:
            raise AgentError(f"the agent said {event['type']!r}")


def attach(session: Session, asked: RunProgram) -> int:
    """Runs a command with our stdin, stdout, stderr and Ctrl-C; gives back its exit status.

    Without a terminal the first Ctrl-C goes to the command, a second one raises KeyboardInterrupt.
    """
    output = Output(_write)
    with _terminal(session) if asked["terminal"] else _passing_on_ctrl_c(session):
        threading.Thread(target=_feed, args=(session, output.credit), daemon=True).start()
        session.ask(asked, {}, output.take)
    if output.status is None:
        raise AgentError("the agent ended before the command")
    return output.status


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise AgentError("what the agent tells of the command's output is no base64") from None


def _write(stream: int, data: bytes) -> None:
    while data:
        data = data[os.write(STDOUT if stream == 1 else STDERR, data) :]


def _feed(session: Session, credit: threading.Semaphore) -> None:
    """Sends our input, no more at a time than the command reads."""
    while credit.acquire():
        try:
            data = os.read(STDIN, PIECE)
        except OSError:
            data = b""
        session.send(INPUT + data if data else END)
        if not data:
            return


@contextmanager
def _terminal(session: Session) -> Iterator[None]:
    """Every key goes to the command, Ctrl-C too, and its terminal is as large as ours; afterwards ours is as it was."""

    def resized(number: int, frame: FrameType | None) -> None:
        columns, rows = os.get_terminal_size(STDOUT)
        _send(session, SIZE + struct.pack(ROWS_COLUMNS, rows, columns))

    before = termios.tcgetattr(STDIN)
    with _handling(signal.SIGWINCH, resized):
        try:
            tty.setraw(STDIN)
            yield
        finally:
            termios.tcsetattr(STDIN, termios.TCSADRAIN, before)


def _send(session: Session, body: bytes) -> None:
    """For a signal's handler, which may have stopped the thread that is sending just now."""
    threading.Thread(target=session.send, args=(body,), daemon=True).start()


@contextmanager
def _handling(number: signal.Signals, handler: Callable[[int, FrameType | None], Any]) -> Iterator[None]:
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)


@contextmanager
def _passing_on_ctrl_c(session: Session) -> Iterator[None]:
    def pressed(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.write(STDERR, b"\npassed on to the command; Ctrl-C again leaves\n")
        _send(session, SIGNAL + b"%d" % number)

    with _handling(signal.SIGINT, pressed):
        yield
