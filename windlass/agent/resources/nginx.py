"""nginx as it runs: it goes over to a new configuration only if it accepts it, and then we see that it has.

And that all others' visitors get what they got before, or the change is taken back.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent.failures import CommandFailed, CommandTrouble, Failed
from windlass.agent.nginx.directives import MAIN, Directive, read
from windlass.agent.nginx.servers import servers
from windlass.agent.nginx.trial import Trial
from windlass.agent.resources.resource import Diff, Resource, State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from windlass.agent.machine import Machine

# It opens the logs, and so makes new ones: what visitors ask of one app is nothing for another.
TEST = ("sh", "-c", "umask 027; exec nginx -t -q")
RELOAD = ("systemctl", "reload-or-restart", "nginx.service")
PID_FILE = "/run/nginx.pid"
ERROR_LOG = "/var/log/nginx/error.log"

LEAVE_SANDBOX = (
    "`nginx_sandbox: false` leaves nginx without systemd's restrictions. Or keep what its sites use out of /home, /root"
    " and /tmp, and what they write in /var/log/nginx or /var/cache/nginx; then run again."
)
LEAVE_SITES = (
    "What those server blocks have from what was changed, e.g. from nginx.conf, has to come from a file of their own in"
    " /etc/nginx/conf.d; and a domain can be in one place only: theirs, or an app's `domains`."
)

# How long nginx may take to start new workers (seconds); it takes 0.1 s unless the machine is overloaded.
PATIENCE = 10


@dataclass(eq=False)
class Reload(Resource):
    """nginx takes over its configuration when notified; `reason` tells one reload in a catalog from another."""

    reason: str

    def desired(self) -> State:
        return {}

    def actual(self) -> State:
        return {}

    def apply(self, diff: Diff) -> None:
        raise NotImplementedError("there is nothing to apply: a reload is only ever notified")

    def refresh(self) -> None:
        prove(self.machine, self.name, lambda: reload(self.machine), RELOAD)

    def foresee(self, path: str, *, anew: bool) -> None:
        Trial(self.name).keep(path, anew=anew)

    def give_up(self) -> None:
        give_up(self.machine, self.name)


def configuration(machine: Machine) -> Directive:
    """What nginx's files say, read once in a run as long as nothing changes."""
    return machine.probe("nginx configuration", read)


def prove(machine: Machine, name: str, step: Callable[[], None], back: Sequence[str]) -> None:
    """Has a change take effect by `step`, and keeps it if everybody else's visitors get what they got before it.

    Raises Failed if not, with the files of the change as they were, and nginx at work with them by the command `back`.
    """
    trial = Trial(name)
    try:
        step()
        worse = trial.worse(path for path in trial.paths if path != MAIN)
    except Failed as failure:
        hint = _advice(str(failure), machine) or failure.hint
        put_back = _put_back(machine, trial, back)
        raise Failed(f"{failure}{put_back}", hint=hint) from None
    if worse:
        advice = LEAVE_SANDBOX if any(path.startswith("/etc/systemd/") for path in trial.paths) else LEAVE_SITES
        put_back = _put_back(machine, trial, back)
        raise Failed(
            "\n".join(["others' visitors were answered otherwise than before:", *worse]) + put_back, hint=advice
        )
    trial.end()


def give_up(machine: Machine, name: str) -> None:
    """Puts the files of a change back that will not take effect, for something else has failed."""
    trial = Trial(name)
    if trial.pending:
        machine.taken_back.update(trial.paths)
        trial.put_back()


def _put_back(machine: Machine, trial: Trial, command: Sequence[str]) -> str:
    """Puts the old files back, and nginx to work with them; a line that says so. Nothing, if no file was changed."""
    paths = trial.paths
    if not trial.pending:
        return ""
    machine.taken_back.update(paths)
    trial.put_back()
    try:
        machine.run(["systemctl", "daemon-reload"])
        machine.run(command, timeout=120)
    except CommandTrouble as trouble:
        return f"\nas it was again: {', '.join(paths)}; nginx does not start with that either: {trouble.output.strip()}"
    return f"\nas it was again: {', '.join(paths)}"


def _advice(words: str, machine: Machine) -> str | None:
    """What to do about what nginx says it could not do; None = nothing that we know of."""
    if "Address already in use" in words:
        for server in servers(read()):
            for listen in server.listens:
                if listen.both:
                    where = f"`listen {listen.address}:{listen.port} ipv6only=off` ({listen.place})"
                    apart = f"`listen {listen.port}` beside `listen {listen.address}:{listen.port}`"
                    return f"{where} takes IPv4's port, too: write {apart} there instead, then run again."
    if "Read-only file system" in words or "226/NAMESPACE" in words:
        return LEAVE_SANDBOX
    return None


def reload(machine: Machine) -> None:
    """Has nginx take over its configuration and waits until its new workers run.

    Raises Failed with nginx's own words if it refuses; it goes on with the old configuration then.
    """
    try:
        machine.run(TEST)
    except CommandFailed as failure:
        raise Failed(f"nginx refuses its configuration and keeps the old one: {failure.output.strip()}") from None
    old = _workers()
    begun = _size(ERROR_LOG)
    machine.run(RELOAD)
    # A reload only sends a signal and exits with 0, even if the new configuration cannot be taken over, e.g. because a
    # port is in use.
    deadline = time.monotonic() + PATIENCE
    while not _workers() - old or any(map(_accepts, old)):
        emergencies = _emergencies(begun)
        # Of a port that it cannot have it says so, tries again for seconds, and then says something else.
        if time.monotonic() > deadline or any("bind() to" not in line for line in emergencies):
            said = [line for line in emergencies if "still could not bind()" not in line]
            raise Failed(f"nginx keeps its old configuration: {said[-1] if said else f'{ERROR_LOG} does not say why'}")
        time.sleep(0.02)


def _workers() -> set[str]:
    """Process ids of nginx's children; empty while it does not run."""
    try:
        with open(PID_FILE, encoding="ascii") as file:
            master = file.read().strip()
        with open(f"/proc/{master}/task/{master}/children", encoding="ascii") as file:
            return set(file.read().split())
    except OSError:
        return set()


def _accepts(worker: str) -> bool:
    """Whether a worker still takes connections; it renames itself right before it stops."""
    try:
        with open(f"/proc/{worker}/cmdline", "rb") as file:
            return b"shutting down" not in file.read()
    except OSError:
        return False


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


def _emergencies(begun: int) -> list[str]:
    """The `[emerg]` lines of nginx's error log from `begun` on (bytes)."""
    try:
        with open(ERROR_LOG, encoding="utf-8", errors="replace") as file:
            file.seek(begun if begun <= _size(ERROR_LOG) else 0)
            return [line.strip() for line in file if "[emerg]" in line]
    except FileNotFoundError:
        return []
