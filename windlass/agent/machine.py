"""The host as the agent sees it: its processes, what has been probed, and the way back to the control machine."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from windlass.agent import process
from windlass.agent.failures import CommandFailed, Failed, TimedOut

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence

    from windlass.agent.lock import Lock
    from windlass.agent.messages.answers import Answer, LogIn, Want
    from windlass.agent.process import EachLine
    from windlass.agent.wire import Wire

T = TypeVar("T")

# The longest progress that is told (characters).
LONGEST_PROGRESS = 4 * 1024

# How often is looked for what another run still does (seconds).
LOOK = 0.2

GONE = "the control machine is gone"
STOPPING = "what it ran is being stopped"


class Machine:
    """What resources use to look at and act on the host; the only way they start a process.

    `receive` waits for what the control machine sends, e.g. content that was asked for; None = there will be none.
    """

    def __init__(self, wire: Wire, receive: Callable[[], bytes | None], resources: Sequence[Any] = ()) -> None:
        self._wire = wire
        self.receive = receive
        self._probed: dict[Any, Any] = {}
        self._child: subprocess.Popen[bytes] | None = None
        self._finishing = ""
        self._starting = threading.Lock()
        self.lock: Lock | None = None
        self.resources = list(resources)
        self.current = -1
        self.who = ""  # for whom all this is done
        self._awaited = ""
        self.taken_back: set[str] = set()  # paths of files that are again as they were before this run
        self.aborted = threading.Event()

    # --- the way back ---

    def fetch(self, sha256: str) -> bytes:
        """The content with this hash, from the control machine; raises Failed when that is gone."""
        return self._ask({"type": "want", "sha256": sha256})

    def log_in_again(self) -> str:
        """Has the control machine make a second, fresh login; why that fails, empty = it works.

        Raises Failed when the control machine is gone.
        """
        return self._ask({"type": "login"}).decode()

    def heed_abort(self) -> None:
        """Raises Failed when the control machine is gone, so that nothing more is begun."""
        if self.aborted.is_set():
            raise Failed(GONE)

    def say(self, text: str, *, whole: bool = False) -> None:
        """Tells the user what the resource that is being applied does now; `whole` = it shall stay in sight."""
        self.tell({"type": "progress", "id": self.current, "text": text[:LONGEST_PROGRESS], "whole": whole})

    def await_other(self, what: str) -> None:
        """Waits a moment for something that is not ours, told when it is another than before; heeds abort."""
        if what != self._awaited:
            self._awaited = what
            self.tell({"type": "warning", "text": f"waiting: {what}"})
        self.aborted.wait(LOOK)
        self.heed_abort()

    def tell(self, message: Answer, *, flush: bool = True) -> None:
        """Sends a message; one that cannot be sent only marks the run as aborted, so that cleaning up goes on.

        Raises WireError when it is too long.
        """
        try:
            self._wire.write(message, flush=flush)
        except OSError:
            self.aborted.set()

    def _ask(self, question: Want | LogIn) -> bytes:
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
        finishing: str = "",
    ) -> str:
        """Runs a command and gives back its output (stdout and stderr together, UTF-8; of a very long one the end).

        `timeout` is in seconds; `env` is added to a small fixed environment; `user` None = root; `each_line` is
        called with every line as it comes. `finishing` is for one that must not be cut off, see `abort`: what to say
        while it is waited for. Raises CommandFailed, TimedOut, or Failed when it is not there.
        """
        try:
            with self._starting:  # abort() meets a command that runs, or one that has not begun
                if finishing:
                    self.heed_abort()
                child = self._child = process.start(argv, env or {}, user, cwd)
                self._finishing = finishing
        except FileNotFoundError:
            raise Failed(f"`{argv[0]}` is not there") from None
        output = process.Output(each_line)
        try:
            ended = process.follow(child, timeout, output)
        finally:
            if child.poll() is None:
                process.kill(child, signal.SIGKILL)
                child.wait()
            with self._starting:
                self._child, self._finishing = None, ""
            child.stdout and child.stdout.close()
        if not ended:
            raise TimedOut(argv, f"took more than {timeout:g} s", output.text)
        if child.returncode:
            raise CommandFailed(argv, child.returncode, output.text)
        return output.text

    def abort(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ends the running command and its children, because the control machine is gone.

        One that must not be cut off is only asked to end, and the user hears of it. A run that comes next waits.
        """
        self.aborted.set()
        if self.lock:
            self.lock.finishing(self._finishing or STOPPING)
        with self._starting:
            if self._child is not None and self._finishing:
                process.ask(self._child)
                self.tell({"type": "finishing", "id": self.current, "text": self._finishing})
            elif self._child is not None:
                process.kill(self._child, number)

    @property
    def is_finishing(self) -> bool:
        """Whether a command runs that must not be cut off."""
        return bool(self._finishing)
