"""nginx as it runs: it goes over to a new configuration only if it accepts it, and then we see that it has."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent.failures import CommandFailed, Failed
from windlass.agent.resources.resource import Diff, Resource, State

if TYPE_CHECKING:
    from windlass.agent.machine import Machine

# It opens the logs, and so makes new ones: what visitors ask of one app is nothing for another.
TEST = ("sh", "-c", "umask 027; exec nginx -t -q")
RELOAD = ("systemctl", "reload-or-restart", "nginx.service")
PID_FILE = "/run/nginx.pid"
ERROR_LOG = "/var/log/nginx/error.log"

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
        reload(self.machine)


def reload(machine: Machine) -> None:
    """Has nginx take over its configuration and waits until its new workers run.

    Raises Failed with nginx's own words if it refuses; it goes on with the old configuration then.
    """
    try:
        machine.run(TEST)
    except CommandFailed as failure:
        raise Failed(f"nginx refuses its configuration and keeps the old one: {failure.output.strip()}") from None
    old = _workers()
    machine.run(RELOAD)
    # A reload only sends a signal and exits with 0, even if the new configuration cannot be taken over, e.g. because a
    # port is in use.
    deadline = time.monotonic() + PATIENCE
    while not _workers() - old or any(map(_accepts, old)):
        if time.monotonic() > deadline:
            raise Failed(f"nginx keeps its old configuration: {_last_emergency()}")
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


def _last_emergency() -> str:
    """The last `[emerg]` line of nginx's error log."""
    with open(ERROR_LOG, encoding="utf-8", errors="replace") as file:
        lines = [line.strip() for line in file if "[emerg]" in line]
    return lines[-1] if lines else f"{ERROR_LOG} does not say why"
