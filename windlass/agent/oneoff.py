"""A command that an operator runs once, in the current release of an app: as the app, and in its sandbox.

systemd runs it as it runs the app: same user, environment, folder and limits, all from the release's own unit. So no
secret passes through here, or stands in an argument list, and who runs a command can do no more than the app.
"""

from __future__ import annotations

import base64
import fcntl
import os
import pty
import queue
import secrets
import shlex
import signal
import struct
import subprocess
import termios
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from windlass.agent import files
from windlass.agent.audit import Account
from windlass.agent.failures import Failed
from windlass.agent.release.instance import UNITS, Instance
from windlass.agent.release.records import Releases
from windlass.agent.resources.owner import group_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from windlass.agent.machine import Machine
    from windlass.agent.messages.requests import RunProgram

Stream = Literal[1, 2]  # stdout, stderr

# What the control machine sends while the command runs: one of these bytes, then bytes for its stdin; nothing; rows
# and columns; the number of a signal.
INPUT, END, SIZE, SIGNAL = b"i", b"e", b"w", b"s"
ROWS_COLUMNS = "!HH"
# So many pieces of input may be on their way; `more` allows further ones as the command reads.
CREDIT = 16
PIECE = 32 * 1024

# Of the app's own unit all counts but how it is started, watched and named.
_LEFT_OUT = ("Exec", "Type", "Restart", "KillMode", "Timeout", "SyslogIdentifier")
# A shell that Ctrl-C does not end tells with which status, or by which signal (128 + its number), the command ended;
# systemd alone would call some signals success. The words come in a file: anybody on the host can ask systemd for those
# of a unit.
_SHELL = ("/bin/sh", "-c", 'eval "set -- $(cat "$1")"; trap : INT QUIT TERM HUP; "$@"; exit $?', "sh")
WORDS = "/run/windlass-run"  # the folder of those files, for root and the groups of apps, each its own
STOP = 10  # seconds that a command has to end when nobody is there any more


def run(machine: Machine, request: RunProgram) -> None:
    """Runs `{"app", "argv", "input", "terminal", "who", "command"}`, tells its output, then its exit status.

    `input` says whether any comes; `terminal` is None for pipes, else `{"rows", "columns", "kind"}` of the operator's,
    `kind` being its $TERM. `who` and `command` are for the audit, which has no `argv`: a secret may be in it.
    """
    app, terminal = request["app"], request["terminal"]
    releases = Releases(f"/srv/{app}")
    release = releases.runnable
    if release is None:
        raise Failed(f"there is no release of {app} here yet: deploy it first")
    if releases.current is None:
        text = f"nothing serves {app} yet: this runs in release {release.id}, which has failed"
        machine.tell({"type": "warning", "text": text})
    unit = f"windlass-run-{app}-{secrets.token_hex(4)}.service"
    properties = _properties(Instance(machine, app, release.id).service, release.id)
    start = ["systemd-run", "--quiet", "--wait", "--collect", f"--unit={unit}", f"--description=one command of {app}"]
    start += [f"--property={each}" for each in (*properties, f"TimeoutStopSec={STOP}", "SendSIGHUP=yes")]
    plug = _Terminal(**terminal) if terminal else _Pipes()
    command = _Command(machine, unit, plug)
    if not request["input"]:
        command.end_input()
    with Account(machine, request) as account, _words(request["argv"], unit, app) as path:
        # systemd would put values from the environment in the place of $NAME.
        argv = [word.replace("$", "$$") for word in (*_SHELL, path)]
        status = account.status = command.run([*start, *plug.options, "--", *argv])
    machine.tell({"type": "ended", "status": status})


@contextmanager
def _words(argv: Sequence[str], unit: str, app: str) -> Iterator[str]:
    """The file that the words of a command are in, for a shell, while it runs; the app alone can read it."""
    os.makedirs(WORDS, exist_ok=True)
    os.chmod(WORDS, 0o711)  # noqa: S103 - apps pass through to their own
    path = f"{WORDS}/{unit}"
    text = " ".join(shlex.quote(word) for word in argv)
    files.write(path, text.encode("utf-8", "surrogateescape"), mode=0o640, gid=group_id(app))
    try:
        yield path
    finally:
        os.unlink(path)


def _properties(unit: str, release: str) -> Iterator[str]:
    """The lines of a unit's [Service] section that say as whom, where and how confined it runs."""
    with open(f"{UNITS}/{unit}", encoding="utf-8") as file:
        section = file.read().partition("[Service]")[2].partition("\n[")[0]
    for line in section.splitlines():
        if line and line[0] not in "#;" and not line.startswith(_LEFT_OUT):
            # systemd-run takes no specifiers.
            yield line.replace("%i", release).replace("%%", "%")


class _Pipes:
    """Standard input, output and error of a command, each by itself."""

    options = ("--pipe",)

    def connect(self, argv: list[str]) -> tuple[subprocess.Popen[bytes], int, dict[int, Stream]]:
        """Starts it; gives back where its input goes, and where its output comes from: {fd: 1 or 2}."""
        pipe = subprocess.PIPE
        child = subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True)
        assert child.stdin is not None  # noqa: S101 - it is a pipe
        assert child.stdout is not None  # noqa: S101
        assert child.stderr is not None  # noqa: S101
        return child, child.stdin.fileno(), {child.stdout.fileno(): 1, child.stderr.fileno(): 2}

    def ended(self) -> None:
        """The command has ended."""

    def resize(self, rows: int, columns: int) -> None:
        """There is nothing to resize."""


class _Terminal:
    """A terminal of the command's own, as large as the operator's."""

    def __init__(self, rows: int, columns: int, kind: str) -> None:
        self._master, self._slave = pty.openpty()
        self.resize(rows, columns)
        path = f"TTYPath={os.ttyname(self._slave)}"
        properties = (path, *(f"Standard{stream}=tty" for stream in ("Input", "Output", "Error")))
        self.options = tuple(f"--property={each}" for each in (*properties, f"Environment=TERM={kind}"))

    def connect(self, argv: list[str]) -> tuple[subprocess.Popen[bytes], int, dict[int, Stream]]:
        """As `_Pipes.connect`; what comes as 2 is said by systemd-run."""
        null, pipe = subprocess.DEVNULL, subprocess.PIPE
        child = subprocess.Popen(argv, stdin=null, stdout=null, stderr=pipe, start_new_session=True)
        assert child.stderr  # noqa: S101 - it is a pipe
        return child, self._master, {self._master: 1, child.stderr.fileno(): 2}

    def ended(self) -> None:
        """The command has ended: reading what it said comes to an end, too."""
        os.close(self._slave)

    def resize(self, rows: int, columns: int) -> None:
        """The operator's terminal has another size now."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


class _Command:
    """A command that runs as a unit, between its plug and the control machine."""

    def __init__(self, machine: Machine, unit: str, plug: _Pipes | _Terminal) -> None:
        self.machine = machine
        self.unit = unit
        self.plug = plug
        self._input: queue.Queue[bytes] = queue.Queue()

    def run(self, argv: list[str]) -> int:
        """Runs it, and gives back its exit status."""
        child, writer, readers = self.plug.connect(argv)
        for task, *arguments in ((self._listen,), (self._feed, writer), (self._watch,)):
            threading.Thread(target=task, args=arguments, daemon=True).start()
        reading = [threading.Thread(target=self._read, args=reader, daemon=True) for reader in readers.items()]
        for thread in reading:
            thread.start()
        status = child.wait()
        self.plug.ended()
        for thread in reading:
            thread.join()
        return status

    def end_input(self) -> None:
        """The command has read all when it has read what came until now."""
        self._input.put(b"")

    def _read(self, fd: int, stream: Stream) -> None:
        while True:
            try:
                data = os.read(fd, PIECE)
            except OSError:  # EIO: no process has the terminal open any more
                return
            if not data:
                return
            self.machine.tell({"type": "output", "stream": stream, "data": base64.b64encode(data).decode()})

    def _listen(self) -> None:
        """Takes what the control machine sends. Input waits for the command; the rest does not wait for input."""
        while (body := self.machine.receive()) is not None:
            kind, rest = body[:1], body[1:]
            if kind == SIZE:
                self.plug.resize(*struct.unpack(ROWS_COLUMNS, rest))
            elif kind == SIGNAL:
                self._systemctl("kill", f"--signal={signal.Signals(int(rest)).name}")
            elif kind == INPUT:
                self._input.put(rest)
            else:
                self.end_input()

    def _feed(self, fd: int) -> None:
        """Passes input on; what a command does not want to read is dropped."""
        self.machine.tell({"type": "more", "pieces": CREDIT})
        wanted = True
        while data := self._input.get():
            wanted = wanted and _written(fd, data)
            self.machine.tell({"type": "more", "pieces": 1})
        if isinstance(self.plug, _Pipes):
            os.close(fd)

    def _watch(self) -> None:
        """Ends the command when the control machine is gone."""
        self.machine.aborted.wait()
        self._systemctl("stop")

    def _systemctl(self, verb: str, *options: str) -> None:
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["systemctl", verb, *options, "--", self.unit], check=False, **quiet)


def _written(fd: int, data: bytes) -> bool:
    """Writes it all; False = nobody reads there any more."""
    try:
        while data:
            data = data[os.write(fd, data) :]
    except OSError:
        return False
    return True
