"""A script that runs on a host as root: over a channel of its own, past a noisy login, with sudo answered."""

from __future__ import annotations

import io
import secrets
import shlex
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from windlass.errors import AgentError, SudoError
from windlass.run.incoming import Budget, Incoming
from windlass.run.sudo import SECOND_FACTOR, Sudo
from windlass.ssh import connection as ssh

if TYPE_CHECKING:
    import fabric

    from windlass.host import Connect

# Exit statuses of scripts, outside those that sh, sudo and Python use themselves.
NO_PYTHON = 97
OLD_PYTHON = 96

# How much of what the host says is kept for an error message, and how much of that is shown (bytes, characters).
KEPT, SHOWN = 64 * 1024, 2000
# How long a login shell, and sudo, may take until the script begins, and how much may be said meanwhile.
BEGINNING = Budget(30, 64 * 1024 * 1024)
STALLED = 120  # seconds in which a host takes nothing of what it is sent
ENDING = 20  # seconds for one that says no more to end


class Exec:
    """One script as root: waits for the marker that says it has begun, answering sudo's question on the way.

    `check` is shell that runs before the marker and may exit. `status` is the exit status when it ended before the
    marker, else None; `sent` counts bytes. Raises AgentError when it does not begin in time. It is the file-like
    writer of a Wire itself (`write`, `flush`); `incoming` is what it says, in the budget that it is given.
    """

    def __init__(
        self,
        connection: fabric.Connection,
        connect: Connect,
        script: str,
        *,
        check: str = ":",
        beginning: Budget = BEGINNING,
    ) -> None:
        self._connection = connection
        self._python = connect.python
        self._user: str = connection.user
        self._marker = f"windlass-{secrets.token_hex(8)}"
        inner = f"{check}; echo; echo {self._marker}; {script}"
        become = connect.become and self._user != "root"
        self._sudo = Sudo(self._user, connect.become_password) if become else None
        command = f"exec sh -c {shlex.quote(self._sudo.command(inner) if self._sudo else inner)}"
        self._channel = ssh.open_exec(connection, command)
        self._channel.settimeout(STALLED)
        self.incoming = Incoming(self._channel)
        self.stdout = io.BufferedReader(self.incoming, KEPT)
        self._noise = bytearray()
        self._stderr = bytearray()
        self.sent = 0
        self.status: int | None = None
        self._begun = False
        self._fault = ""  # why we have given it up
        self.incoming.give(beginning)
        self._begun = self._begin(beginning)
        self.incoming.give(Budget())
        self._drained = threading.Thread(target=self._drain, daemon=True)
        self._drained.start()
        if not self._begun:
            self.status = self.wait()

    def _begin(self, budget: Budget) -> bool:
        """Reads up to the marker, with what a noisy .bashrc prints before it; False = it ended without it.

        All in one thread, so that what is asked after the marker is not answered: stdout is looked at first.
        """
        marker = f"\n{self._marker}\n".encode()
        while self.incoming.await_any():
            if self._channel.recv_ready():
                self._noise += self._channel.recv(KEPT)
                _, found, after = self._noise.partition(marker)
                if found:
                    self.incoming.put_back(bytes(after))
                    return True
                del self._noise[:-KEPT]
            elif self._channel.recv_stderr_ready():
                self._hear(self._channel.recv_stderr(KEPT))
                if self._sudo and (answer := self._sudo.answer(self._stderr)):
                    self.write(answer)
                if self._sudo and self._sudo.asked > 1:
                    self._channel.close()
                    return False
            elif self.incoming.ended:
                return False
        self._channel.close()
        raise self._late(f"{budget.seconds:g} s")

    def _late(self, limit: str) -> AgentError:
        """Why it does not begin."""
        if self._sudo and (words := self._sudo.said(self._stderr)) is not None:
            said = f"; it said: {words[-SHOWN:]}" if words else ""
            return AgentError(f"sudo on the host still waits after {limit}{said}", hint=SECOND_FACTOR)
        words = self._words()
        said = f"; it said: {words}" if words else ""
        return AgentError(
            f"the login shell of {self._user} does not come to the command: what its .bashrc or .profile starts waits"
            f" for input{said}",
            hint=f"It had {limit}. Where nobody sits at a terminal, `[ -t 0 ] || return` as the first line of that file"
            " ends it there.",
        )

    def write(self, data: bytes) -> int:
        """Sends bytes to the command's stdin; what a dead command cannot take is dropped: reading will show."""
        try:
            # Sliced each time: of bytes that would be a copy, 50 times slower.
            left = memoryview(data)
            # None are taken after the end of input, for which paramiko's sendall would wait for good.
            while left and (taken := self._channel.send(left)):  # type: ignore[arg-type]
                left = left[taken:]
            self.sent += len(data)
        except TimeoutError:
            self._fault = f"the host took nothing of what it was sent for {STALLED} s"
            self._channel.close()
        except (OSError, EOFError):
            pass
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def end_input(self) -> None:
        """The command reads the end of its stdin; it may still say something."""
        with suppress(OSError, EOFError):
            self._channel.shutdown_write()

    def wait(self, seconds: float = ENDING) -> int:
        """Its exit status, after it has ended; -1 when the connection broke, a signal ended it, or it takes longer."""
        if not self._channel.status_event.wait(seconds):
            self._fault = self._fault or f"it did not end within {seconds:g} s"
            self._channel.close()
        status: int = self._channel.recv_exit_status()
        self._drained.join(5)
        return status

    def error(self, what: str, *, hint: str | None = None) -> AgentError | SudoError:
        """Why it failed, in the host's own words; `hint` is for one that was cut off."""
        status = self.wait()
        if status == OLD_PYTHON:
            return AgentError(
                f"{self._python} on the host is older than Python 3.9, which the agent needs",
                hint="Install a newer one there, and name it: `ansible_python_interpreter: /usr/bin/python3.11`.",
            )
        if not self._begun and self._sudo and (refusal := self._sudo.refusal(self._stderr)):
            return refusal
        if self._fault:
            return AgentError(f"{what}: {self._fault}", hint=hint)
        if status == -1:
            lost = ssh.why_lost(self._connection)
            if lost or not self._channel.eof_received:
                return AgentError("the connection was lost" + (f": {lost}" if lost else ""), hint=hint)
            # sshd tells when a signal has ended a program; paramiko does not pass that on.
            killed = "it was killed on the host; `journalctl -k` there tells whether memory ran out"
            return AgentError(f"{what}: {killed}", hint=hint)
        return AgentError(f"{what}: exit status {status}: {self._words() or 'it said nothing'}")

    def _words(self) -> str:
        """The end of what it said: on stderr, and before it had begun also on stdout, as nologin does."""
        streams = [self._stderr] if self._begun else [self._noise, self._stderr]
        said = "\n".join(filter(None, (stream.decode(errors="replace").strip() for stream in streams)))
        return (self._sudo.without_marks(said) if self._sudo else said)[-SHOWN:].strip()

    def _hear(self, data: bytes) -> None:
        self._stderr += data
        del self._stderr[:-KEPT]

    def _drain(self) -> None:
        """Keeps stderr flowing: 3 MB unread would stop stdout."""
        while True:  # what was said before the end is there after it, until nothing comes
            with suppress(TimeoutError):  # nothing was said for a while
                data = self._channel.recv_stderr(KEPT)
                if not data:
                    return
                self._hear(data)
