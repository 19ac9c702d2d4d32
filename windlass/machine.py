"""[H] The host as the agent sees it: its processes, what has been probed, and the way back to the control machine."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import threading
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from windlass.resources.resource import Failed, Resource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from windlass.wire import Message, Wire

T = TypeVar("T")

# Enough of the end of a failed command's output to see why it failed (characters).
TAIL = 2000


class CommandFailed(Failed):
    """A command ended with a status other than 0; `status` and `output` (stdout and stderr together) are kept."""

    def __init__(self, argv: Sequence[str], status: int, output: str) -> None:
        super().__init__(f"`{' '.join(argv)}` exited with {status}: {output.strip()[-TAIL:] or 'no output'}")
        self.status = status
        self.output = output


class Machine:
    """What resources use to look at and act on the host; the only way they start a process."""

    def __init__(self, wire: Wire, receive: Callable[[], bytes], resources: Sequence[Resource] = ()) -> None:
        self._wire = wire
        self._receive = receive
        self._probed: dict[Any, Any] = {}
        self._child: subprocess.Popen[str] | None = None
        self.resources = list(resources)
        self.current = -1
        self.aborted = threading.Event()

    # --- the way back ---

    def fetch(self, sha256: str) -> bytes:
        """The content with this hash, from the control machine."""
        self.tell({"type": "want", "sha256": sha256})
        return self._receive()

    def say(self, text: str) -> None:
        """Tells the user what the resource that is being applied does now."""
        self.tell({"type": "progress", "id": self.current, "text": text})

    def tell(self, message: Message, *, flush: bool = True) -> None:
        """Sends a message; one that cannot be sent only marks the run as aborted, so that cleaning up goes on."""
        try:
            self._wire.write(message, flush=flush)
        except OSError:
            self.aborted.set()

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
        each_line: Callable[[str], None] | None = None,
    ) -> str:
        """Runs a command and gives back its output (stdout and stderr together, UTF-8).

        `timeout` is in seconds; `env` is added to a small fixed environment; `user` None = root; `each_line` is
        called with every line as it comes. Raises CommandFailed, or Failed when it is not there or takes too long.
        """
        try:
            child = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env={**_environment(user), **(env or {})},
                start_new_session=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                **(_identity(user) if user else {}),
            )
        except FileNotFoundError:
            raise Failed(f"`{argv[0]}` is not there") from None
        self._child = child
        timed_out = threading.Event()

        def expire() -> None:
            timed_out.set()
            _kill(child, signal.SIGKILL)

        timer = threading.Timer(timeout, expire)
        timer.start()
        lines = []
        try:
            assert child.stdout is not None  # noqa: S101 - Popen was asked for a pipe
            for line in child.stdout:
                lines.append(line)
                if each_line:
                    each_line(line.rstrip())
            status = child.wait()
        finally:
            timer.cancel()
            self._child = None
            child.stdout and child.stdout.close()
        output = "".join(lines)
        if timed_out.is_set():
            raise Failed(f"`{' '.join(argv)}` took more than {timeout:g} s: {output.strip()[-TAIL:]}")
        if status:
            raise CommandFailed(argv, status, output)
        return output

    def abort(self) -> None:
        """Ends the running command and its children, because the control machine is gone."""
        self.aborted.set()
        child = self._child
        if child is not None:
            _kill(child, signal.SIGTERM)


def _environment(user: str | None) -> dict[str, str]:
    home = pwd.getpwnam(user).pw_dir if user else "/root"
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return {"PATH": path, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "HOME": home, "USER": user or "root"}


def _identity(user: str) -> dict[str, Any]:
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": os.getgrouplist(user, entry.pw_gid)}


def _kill(child: subprocess.Popen[str], number: signal.Signals) -> None:
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        pass
