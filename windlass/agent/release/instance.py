"""One running Gunicorn of one release: its two units, its socket, its health."""

from __future__ import annotations

import glob
import os
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent import files
from windlass.agent.failures import CommandFailed, Failed
from windlass.agent.release import health
from windlass.agent.release.reason import hint, telling
from windlass.agent.resources.unit import properties

if TYPE_CHECKING:
    from windlass.agent.machine import Machine
    from windlass.agent.release.health import Answer, Question

UNITS = "/etc/systemd/system"
PROPERTIES = ("ActiveState", "SubState", "NRestarts", "Result", "ExecMainCode", "ExecMainStatus")
# CLD_KILLED and CLD_DUMPED, waitid(2).
KILLED = ("2", "3")
START_TIMEOUT = 90
# The longest `drain_timeout` that there is, and some more (seconds).
STOP_TIMEOUT = 3700
# Between two questions to an instance that is not well yet (seconds).
PAUSE = 0.2
# Of the journal of an instance that failed: lines that are shown, and lines among which its reason is looked for.
SHOWN, SEARCHED = 20, 200
# An answer that is no 2xx and does not say "not yet" (503) must come this often to be believed.
CONVINCED = 3

# What a worker says of the requests that it has not answered in time (templates/gunicorn.conf.py.j2).
CUT = re.compile(r"windlass: cut (\d+) requests")
# A connection that a server has taken up, in proc_net_unix: state and, at the end, the path of its socket.
CONNECTED = "03"
# What Gunicorn says when a worker has ended without having been told to.
CRASHED = r"Worker \(pid:\d+\) (?:exited with code \d+|was sent \w+)"


@dataclass
class Instance:
    """The instance of a release: units `APP@ID.service` and `.socket`, files of its own and from no shared template,
    so that nothing that runs changes before traffic is switched, and an old release comes back with its own unit."""

    machine: Machine
    app: str
    release: str
    _since: int = 0  # when we started it: what it said in an earlier life explains nothing

    @property
    def service(self) -> str:
        """The unit of Gunicorn."""
        return f"{self.app}@{self.release}.service"

    @property
    def socket(self) -> str:
        """The unit of the socket, which systemd listens on before, between and after Gunicorn's processes."""
        return f"{self.app}@{self.release}.socket"

    @property
    def address(self) -> str:
        """The path of the socket."""
        return f"/run/{self.app}/{self.release}.sock"

    # --- units ---

    def define(self, service: bytes, socket: bytes) -> None:
        """Writes the units. systemd finds units it has never heard of by itself: no daemon-reload."""
        files.write(f"{UNITS}/{self.service}", service)
        files.write(f"{UNITS}/{self.socket}", socket)

    def undefine(self) -> None:
        """Removes the units, which neither run nor start at boot any more."""
        for unit in (self.service, self.socket):
            if os.path.lexists(f"{UNITS}/{unit}"):
                os.unlink(f"{UNITS}/{unit}")

    @property
    def enabled(self) -> bool:
        """Whether both start at boot."""
        return all(os.path.islink(link) for link in self._wants())

    def enable(self) -> None:
        """Has both start at boot: the links that `systemctl enable` makes, without its daemon-reload."""
        for link, unit in self._wants().items():
            os.makedirs(os.path.dirname(link), mode=0o755, exist_ok=True)
            files.link(link, f"{UNITS}/{unit}")

    def disable(self) -> None:
        """Has neither start at boot."""
        for link in self._wants():
            if os.path.lexists(link):
                os.unlink(link)

    def _wants(self) -> dict[str, str]:
        return {
            f"{UNITS}/multi-user.target.wants/{self.service}": self.service,
            f"{UNITS}/sockets.target.wants/{self.socket}": self.socket,
        }

    # --- life ---

    def start(self) -> None:
        """Starts socket and service; raises Failed with the reason when Gunicorn does not come up."""
        self._since = int(time.time())
        try:
            self.machine.run(["systemctl", "start", self.socket, self.service], timeout=START_TIMEOUT)
        except CommandFailed:
            raise self._dead(self._state()) from None

    def stop(self) -> None:
        """Has systemd end it in good order: requests in flight finish within the unit's own limit."""
        self.machine.run(["systemctl", "stop", "--no-block", self.socket, self.service])

    def await_end(self) -> None:
        """Waits until it has stopped, which systemd makes sure of."""
        self.machine.run(["systemctl", "stop", self.socket, self.service], timeout=STOP_TIMEOUT)

    @property
    def in_flight(self) -> int:
        """How many connections to it are open."""
        with open("/proc/net/unix", encoding="utf-8", errors="replace") as file:
            found = (line.split() for line in file)
            return sum(1 for words in found if words[-1] == self.address and words[5] == CONNECTED)

    def cut(self) -> int:
        """How many requests it has not answered to their end, when it stopped."""
        try:
            said = self._read(f"--grep={CUT.pattern}", f"_SYSTEMD_UNIT={self.service}")
        except CommandFailed:  # journalctl(1): no line is like that
            return 0
        return sum(map(int, CUT.findall(said)))

    def kill(self) -> None:
        """Ends it at once, for it serves nobody, and has it stay that way after a boot."""
        self.disable()
        self._try("kill", "--signal=KILL", self.service)
        self._try("stop", self.socket, self.service)
        self._try("reset-failed", self.service, self.socket)

    def discard(self) -> None:
        """Ends it at once and removes its units."""
        self.kill()
        self.undefine()

    def _try(self, *command: str) -> None:
        try:
            self.machine.run(["systemctl", *command], timeout=START_TIMEOUT)
        except CommandFailed:
            pass  # it does not run, or systemd has forgotten it

    # --- health ---

    def await_health(self, question: Question, timeout: float) -> Answer:
        """Asks until the answer is good; raises Failed with the reason when that cannot be, or takes too long."""
        deadline = time.monotonic() + timeout
        bad = 0
        said = "no answer"
        advised = None
        while True:
            self.look()
            left = deadline - time.monotonic()
            if left <= 0:
                raise self._failed(f"was not healthy within {timeout:g} s: {question.name}: {said}", advised)
            try:
                answer = question.ask(self.address, left, self.look)
            except OSError as error:
                said = error.strerror or str(error)
            else:
                if answer.good:
                    return answer
                said, advised = str(answer), health.hint(question, answer)
                bad = bad + 1 if answer.status != 503 else 0
                if bad >= CONVINCED:
                    raise self._failed(f"is not healthy: GET {answer.path}: {said}", advised)
            time.sleep(PAUSE)

    def look(self) -> None:
        """Raises Failed if the process has died, even if systemd is about to try again, or if nobody waits any more."""
        self.machine.heed_abort()
        state = self._state()
        restarts = state.get("NRestarts", "0") != "0" or state.get("SubState") == "auto-restart"
        if restarts or state.get("ActiveState") not in ("active", "activating", "reloading"):
            raise self._dead(state)

    def check_workers(self) -> None:
        """Raises Failed if one of its workers has crashed, even if Gunicorn has replaced it and nobody noticed."""
        try:
            said = self._read(f"--grep={CRASHED}", f"_SYSTEMD_UNIT={self.service}")
        except CommandFailed:
            self.machine.heed_abort()
            return  # journalctl(1): no line is like that
        raise self._failed(f"lost a worker ({re.findall(CRASHED, said)[-1]})")

    def _state(self) -> dict[str, str]:
        return properties(self.machine, self.service, PROPERTIES)

    def _dead(self, state: dict[str, str]) -> Failed:
        status, killed = state.get("ExecMainStatus", "0"), state.get("ExecMainCode") in KILLED
        if state.get("Result") == "oom-kill" or (killed and status == "9"):
            # With the older kind of cgroups systemd does not learn why the kernel has killed it.
            return self._failed("does not run (killed, as it happens when memory does not suffice: see `memory_max`)")
        if killed:
            return self._failed(f"does not run (killed by signal {status})")
        how = f"exit status {status}" if status != "0" else f"result: {state.get('Result')}"
        return self._failed(f"does not run ({how})")

    def _failed(self, what: str, advised: str | None = None) -> Failed:
        """The failure with its reason, where the journal has one, and the last lines of the journal up to it.

        What is `advised` of its answer counts where the journal gives no advice.

        (What Gunicorn says after an app's exception is about itself, and often longer.)
        """
        lines = self._journal()
        found = telling(lines)
        reason = "" if found is None else f": {lines[found]}"
        end = len(lines) if found is None else found + 1
        shown = "\n".join(lines[max(0, end - SHOWN) : end]) or "(none)"
        told = hint(self.machine, self.app, self.release, lines, reason) or advised
        return Failed(f"release {self.release} {what}{reason}\nits last lines in the journal:\n{shown}", hint=told)

    def _journal(self) -> list[str]:
        """What the instance said, or what systemd said of it if it did not come so far."""
        last = f"--lines={SEARCHED}"
        own = self._read(last, f"_SYSTEMD_UNIT={self.service}")
        # By systemd's word, too, where journald came too late to see whose a process was that ended at once.
        return (own or self._read(last, "_UID=0", f"UNIT={self.service}")).splitlines()

    def _read(self, *options: str) -> str:
        """Lines of the journal since it was started, to the present moment."""
        self.machine.run(["journalctl", "--sync"])
        return self.machine.run(["journalctl", "--no-pager", "-q", "-o", "cat", f"--since=@{self._since}", *options])


def defined(app: str) -> list[str]:
    """The releases of an app that have units, running or not."""
    units = glob.glob(f"{UNITS}/{app}@*.service") + glob.glob(f"{UNITS}/{app}@*.socket")
    names = (os.path.basename(unit) for unit in units)
    return sorted({name.rpartition(".")[0].partition("@")[2] for name in names})
