"""[H] The host as the agent sees it: its processes, what has been probed, and the way back to the control machine."""

from __future__ import annotations

import codecs
import io
import os
import pwd
import select
import signal
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any, Callable, Optional, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from windlass.resources.resource import Resource
    from windlass.wire import Message, Wire

T = TypeVar("T")
EachLine = Optional[Callable[[str], None]]

# Enough of the end of a failed command's output to see why it failed (characters).
TAIL = 2000
# Of what a command says, the end that is kept, and of one line, the beginning (characters).
KEPT = 256 * 1024
# The longest progress that is told (characters).
LONGEST_PROGRESS = 4 * 1024
# How often a silent command is looked after, and how long an ended one is listened to (seconds).
LOOK, LINGER = 0.1, 1.0
GONE = "the control machine is gone"


class Failed(Exception):
    """A resource cannot be brought about; the message is for the user, `hint` says what to do (None = nothing).

    `said` is what another program said about it: it follows `message`, but for a sensitive resource.
    """

    def __init__(self, message: str, *, hint: str | None = None, said: str = "") -> None:
        super().__init__(f"{message}: {said}" if said else message)
        self.message = message
        self.hint = hint


class CommandTrouble(Failed):
    """A command did not do what it was run for; `how` says what became of it, `output` is all it said."""

    def __init__(self, argv: Sequence[str], how: str, output: str) -> None:
        super().__init__(f"`{' '.join(argv)}` {how}", said=output.strip()[-TAIL:] or "no output")
        self.how = how
        self.output = output


class CommandFailed(CommandTrouble):
    """A command ended with a status other than 0."""

    def __init__(self, argv: Sequence[str], status: int, output: str) -> None:
        super().__init__(argv, f"exited with {status}", output)
        self.status = status


class TimedOut(CommandTrouble):
    """A command took too long and was killed."""


class Machine:
    """What resources use to look at and act on the host; the only way they start a process.

    `receive` waits for what the control machine sends, e.g. content that was asked for; None = there will be none.
    """

    def __init__(self, wire: Wire, receive: Callable[[], bytes | None], resources: Sequence[Resource] = ()) -> None:
        self._wire = wire
        self.receive = receive
        self._probed: dict[Any, Any] = {}
        self._child: subprocess.Popen[bytes] | None = None
        self._starting = threading.Lock()
        self.resources = list(resources)
        self.current = -1
        self.who = ""  # for whom all this is done
        self.aborted = threading.Event()

    # --- the way back ---

    def fetch(self, sha256: str) -> bytes:
        """The content with this hash, from the control machine; raises Failed when that is gone."""
        return self._ask({"type": "want", "sha256": sha256})

    def log_in_again(self) -> str:
        """Has the control machine make a second, fresh login; why that fails, empty = it works.

        Raises Failed when the control machine is gone.
        """
        return self._ask({"type": "login", "id": self.current}).decode()

    def heed_abort(self) -> None:
        """Raises Failed when the control machine is gone, so that nothing more is begun."""
        if self.aborted.is_set():
            raise Failed(GONE)

    def say(self, text: str, *, whole: bool = False) -> None:
        """Tells the user what the resource that is being applied does now; `whole` = it shall stay in sight."""
        self.tell({"type": "progress", "id": self.current, "text": text[:LONGEST_PROGRESS], "whole": whole})

    def tell(self, message: Message, *, flush: bool = True) -> None:
        """Sends a message; one that cannot be sent only marks the run as aborted, so that cleaning up goes on."""
        try:
            self._wire.write(message, flush=flush)
        except OSError:
            self.aborted.set()

    def _ask(self, question: Message) -> bytes:
        self.tell(question)
        self.heed_abort()
        answer = self.receive()
        if answer is None:
            raise Failed(GONE)
        return answer

    # --- probing ---

    def probe(self, key: Any, look: Callable[[], T]) -> T:
        """The result of `look`, kept until something is applied, so that one process serves all resources of a kind."""
        if key not in self._probed:
            self._probed[key] = look()
        return self._probed[key]  # type: ignore[no-any-return]

    def forget(self) -> None:
        """Drops what was probed: something on the host has changed."""
        self._probed.clear()

    def all(self, kind: type[T]) -> list[T]:
        """The resources of a kind in the catalog, for probes that ask for all of them at once."""
        return [resource for resource in self.resources if isinstance(resource, kind)]

    # --- processes ---

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float = 60,
        env: Mapping[str, str] | None = None,
        user: str | None = None,
        cwd: str = "/",
        each_line: EachLine = None,
    ) -> str:
        """Runs a command and gives back its output (stdout and stderr together, UTF-8; of a very long one the end).

        `timeout` is in seconds; `env` is added to a small fixed environment; `user` None = root; `each_line` is
        called with every line as it comes. Raises CommandFailed, TimedOut, or Failed when it is not there.
        """
        with self._starting:  # abort() meets a command that runs, or one that has not begun
            child = self._child = _start(argv, {**_environment(user), **(env or {})}, user, cwd)
        output = Output(each_line)
        try:
            ended = _follow(child, timeout, output)
        finally:
            if child.poll() is None:
                _kill(child, signal.SIGKILL)
                child.wait()
            self._child = None
            child.stdout and child.stdout.close()
        if not ended:
            raise TimedOut(argv, f"took more than {timeout:g} s", output.text)
        if child.returncode:
            raise CommandFailed(argv, child.returncode, output.text)
        return output.text

    def abort(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ends the running command and its children, because the control machine is gone."""
        self.aborted.set()
        with self._starting:
            if self._child is not None:
                _kill(self._child, number)


class Output:
    """What a command says: each line as it comes, and the end of it all as `text`."""

    def __init__(self, each_line: EachLine) -> None:
        self.text = ""
        self._line = ""
        self._each_line = each_line or (lambda line: None)
        self._decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=True)

    def take(self, data: bytes) -> None:
        """Takes in the next bytes; none = that was all."""
        text = self._decoder.decode(data, final=not data)
        self.text += text
        if len(self.text) > KEPT:
            # Whole lines: half a secret would not be recognised.
            end = self.text[-KEPT:]
            self.text = end.partition("\n")[2] or end
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            self._each_line(line.rstrip())
        self._line = self._line[:KEPT]
        if self._line and not data:
            self._each_line(self._line.rstrip())


def _start(argv: Sequence[str], env: Mapping[str, str], user: str | None, cwd: str) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=env,
            start_new_session=True,
            **(_identity(user) if user else {}),
        )
    except FileNotFoundError:
        raise Failed(f"`{argv[0]}` is not there") from None


def _follow(child: subprocess.Popen[bytes], timeout: float, output: Output) -> bool:
    """Takes in what a command says until it ends; False = it does not within `timeout` (seconds).

    Its output may go on after that: a process that it left behind can have it open for ever.
    """
    assert child.stdout is not None  # noqa: S101 - Popen was asked for a pipe
    pipe = child.stdout.fileno()
    deadline = time.monotonic() + timeout
    ended = False
    while time.monotonic() < deadline:
        if not ended and child.poll() is not None:
            ended = True
            deadline = min(deadline, time.monotonic() + LINGER)
        if select.select([pipe], [], [], LOOK)[0]:
            data = os.read(pipe, 64 * 1024)
            if not data:
                break
            output.take(data)
        elif ended:
            break
    output.take(b"")
    try:
        child.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True


def _environment(user: str | None) -> dict[str, str]:
    home = pwd.getpwnam(user).pw_dir if user else "/root"
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return {"PATH": path, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "HOME": home, "USER": user or "root"}


def _identity(user: str) -> dict[str, Any]:
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": os.getgrouplist(user, entry.pw_gid)}


def _kill(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        pass
