"""One process on the host: how it is started, listened to until it ends, and ended."""

from __future__ import annotations

import codecs
import io
import os
import pwd
import select
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any, Callable, Optional

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EachLine = Optional[Callable[[str], None]]

# Of what a command says, the end that is kept, and of one line, the beginning (characters).
KEPT = 256 * 1024
# How often a silent command is looked after, and how long an ended one is listened to (seconds).
LOOK, LINGER = 0.1, 1.0


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


def start(argv: Sequence[str], env: Mapping[str, str], user: str | None, cwd: str) -> subprocess.Popen[bytes]:
    """Starts a command as `user` (None = root), with `env` beside a small fixed environment, at the head of a group."""
    return subprocess.Popen(
        list(argv),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=cwd,
        env={**_environment(user), **env},
        start_new_session=True,
        **(_identity(user) if user else {}),
    )


def follow(child: subprocess.Popen[bytes], timeout: float, output: Output) -> bool:
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


def kill(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Sends a signal to a command and its children, if any of them is left."""
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        pass


def ask(child: subprocess.Popen[bytes]) -> None:
    """Asks a command, and not its children, to end as soon as it may."""
    child.send_signal(signal.SIGINT)


def children(pid: int) -> list[int]:
    """The processes that a process has started; none when it has ended, or ends while we read."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def _environment(user: str | None) -> dict[str, str]:
    home = pwd.getpwnam(user).pw_dir if user else "/root"
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return {"PATH": path, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "HOME": home, "USER": user or "root"}


def _identity(user: str) -> dict[str, Any]:
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": os.getgrouplist(user, entry.pw_gid)}
