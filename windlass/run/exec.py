"""A script that runs on a host as root: over a channel of its own, past a noisy login, with sudo answered."""

from __future__ import annotations

import secrets
import shlex
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from windlass.errors import AgentError, SudoError
from windlass.ssh import connection as ssh

if TYPE_CHECKING:
    from typing import BinaryIO

    import fabric

    from windlass.host import Connect

# Exit statuses of scripts, outside those that sh, sudo and Python use themselves.
NO_PYTHON = 97
OLD_PYTHON = 96

# How much of what the host says on stderr is kept for an error message (bytes).
STDERR_KEPT = 64 * 1024


class Exec:
    """One script as root: waits for the marker that says it has begun, answering sudo's question on the way.

    `check` is shell that runs before the marker and may exit. `status` is the exit status when it ended before the
    marker, else None; `sent` counts bytes; `patience` is how long its output may be awaited (seconds; None = for good),
    then TimeoutError is raised. It is the file-like writer of a Wire itself (`write`, `flush`).
    """

    def __init__(
        self,
        connection: fabric.Connection,
        connect: Connect,
        script: str,
        *,
        check: str = ":",
        patience: float | None = None,
    ) -> None:
        self._connection = connection
        marker = f"windlass-{secrets.token_hex(8)}"
        self._prompt = f"{marker}-password:"
        self._password = connect.become_password
        self._python = connect.python
        become = connect.become and connection.user != "root"
        inner = f"{check}; echo; echo {marker}; {script}"
        self._channel = ssh.open_exec(
            connection, self._as_root(inner) if become else f"exec sh -c {shlex.quote(inner)}"
        )
        self._channel.settimeout(patience)
        self.stdout = cast("BinaryIO", self._channel.makefile("rb", 64 * 1024))
        self._stderr = bytearray()
        self._asked = 0
        self.sent = 0
        self._drained = threading.Thread(target=self._drain, daemon=True)
        self._drained.start()
        self.status: int | None = None
        self._begun = False
        # A noisy .bashrc may print anything first.
        for line in self.stdout:
            if line.strip() == marker.encode():
                self._begun = True
                break
        else:
            self.status = self.wait()

    def _as_root(self, script: str) -> str:
        how = "-n" if self._password is None else f"-S -p {self._prompt}"
        return f"exec sudo {how} -- sh -c {shlex.quote(script)}"

    def write(self, data: bytes) -> int:
        """Sends bytes to the command's stdin; what a dead command cannot take is dropped: reading will show."""
        try:
            # Sliced each time: of bytes that would be a copy, 50 times slower.
            left = memoryview(data)
            # None are taken after the end of input, for which paramiko's sendall would wait for good.
            while left and (taken := self._channel.send(left)):  # type: ignore[arg-type]
                left = left[taken:]
            self.sent += len(data)
        except (OSError, EOFError):
            pass
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def end_input(self) -> None:
        """The command reads the end of its stdin; it may still say something."""
        with suppress(OSError, EOFError):
            self._channel.shutdown_write()

    def wait(self) -> int:
        """Its exit status, after it has ended; -1 when the connection broke or a signal ended it."""
        status: int = self._channel.recv_exit_status()
        self._drained.join(5)
        return status

    def error(self, what: str, *, hint: str | None = None) -> AgentError | SudoError:
        """Why it failed, in the host's own words; `hint` is for one that was cut off."""
        status = self.wait()
        words = self._stderr.decode(errors="replace").replace(self._prompt, "").strip()
        if status == OLD_PYTHON:
            return AgentError(
                f"{self._python} on the host is older than Python 3.9, which the agent needs",
                hint="Install a newer one there, and name it: `ansible_python_interpreter: /usr/bin/python3.11`.",
            )
        if self._asked > 1:
            return SudoError(
                "sudo says that the password is wrong",
                hint=f"Is it the password of {self._connection.user} there?"
                " After three wrong ones, even the right one may be refused for a quarter of an hour.",
            )
        if not self._begun and "sudo:" in words:
            return SudoError(
                f"sudo refuses: {words.splitlines()[-1]}",
                hint="Give the password with --ask-sudo-pass, allow passwordless sudo, or log in as root.",
            )
        if status == -1:
            lost = ssh.why_lost(self._connection)
            if lost or not self._channel.eof_received:
                return AgentError("the connection was lost" + (f": {lost}" if lost else ""), hint=hint)
            # sshd tells when a signal has ended a program; paramiko does not pass that on.
            killed = "it was killed on the host; `journalctl -k` there tells whether memory ran out"
            return AgentError(f"{what}: {killed}", hint=hint)
        return AgentError(f"{what}: exit status {status}: {words[-2000:] or 'it said nothing'}")

    def _drain(self) -> None:
        """Keeps stderr flowing (3 MB unread would stop stdout), and answers sudo, once."""
        with suppress(TimeoutError):  # who reads the output hears of it
            while data := self._channel.recv_stderr(64 * 1024):
                self._stderr += data
                asked = self._stderr.count(self._prompt.encode())
                if asked > self._asked:
                    self._asked = asked
                    if asked > 1 or self._password is None:
                        # A wrong password: asking again would lock the account.
                        self._channel.close()
                        return
                    self.write(self._password.encode() + b"\n")
                del self._stderr[:-STDERR_KEPT]
