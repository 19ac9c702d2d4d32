"""nginx under systemd's restrictions, which it gets by a restart, on trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent.failures import CommandFailed, Failed
from windlass.agent.nginx.sandbox import Conflict, conflicts
from windlass.agent.resources.file import File
from windlass.agent.resources.nginx import LEAVE_SANDBOX, Reload, configuration, prove
from windlass.agent.resources.unit import journal

if TYPE_CHECKING:
    from windlass.agent.resources.resource import State

UNIT = "nginx.service"
# One that does not run is left to those who start it.
RESTART = ("systemctl", "try-restart", UNIT)
# The counter of restarts is set back, for systemd refuses the sixth within ten seconds.
START = ("sh", "-c", f"systemctl reset-failed {UNIT}; systemctl restart {UNIT}")


@dataclass(eq=False)
class Restart(Reload):
    """nginx takes over what its unit says when notified; `reason` tells one restart in a catalog from another."""

    def refresh(self) -> None:
        prove(self.machine, self.name, self._restart, START)

    def _restart(self) -> None:
        self.machine.run(["systemctl", "daemon-reload"])
        try:
            self.machine.run(RESTART, timeout=120)
        except CommandFailed as failure:
            said = f"{failure.output.strip()}\n{journal(self.machine, UNIT)}"
            raise Failed(f"{UNIT} does not start", said=said) from None


@dataclass(eq=False)
class NginxSandbox(File):
    """The drop-in with the restrictions; refused where they would keep something from nginx that its files name."""

    @property
    def name(self) -> str:
        """As of any file."""
        return f"file {self.path}"

    def actual(self) -> State:
        state = super().actual()
        if (state is None or state != self.desired()) and (found := self._conflicts):
            raise Failed(
                f"systemd's restrictions would keep from nginx what its files name: {'; '.join(map(str, found))}",
                hint=LEAVE_SANDBOX,
            )
        return state

    def notes(self) -> dict[str, str]:
        if not (found := self._conflicts):
            return {}
        return {
            "warning": f"nginx: its sandbox keeps from it {'; '.join(map(str, found))}; `nginx_sandbox: false` does not"
        }

    @property
    def _conflicts(self) -> list[Conflict]:
        return conflicts(configuration(self.machine))
