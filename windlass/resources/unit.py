"""[H] A systemd unit: running and enabled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.machine import CommandFailed
from windlass.resources.resource import Diff, Failed, Resource, State

if TYPE_CHECKING:
    from windlass.machine import Machine

PROPERTIES = ("Id", "ActiveState", "UnitFileState", "NeedDaemonReload")


@dataclass(eq=False)
class Unit(Resource):
    """A systemd unit that runs (or waits, for a timer or socket) and starts at boot.

    `on_refresh` is `reload` or `restart`; `verify` a command that must succeed before a refresh (e.g. `nginx -t`), so
    that a broken configuration never replaces the one that runs.
    """

    unit: str
    on_refresh: str = "restart"
    verify: tuple[str, ...] = ()

    def desired(self) -> State:
        return {"running": True, "enabled": True, "stale": False}

    def actual(self) -> State:
        properties = show(self.machine, self.unit)
        return {
            "running": properties.get("ActiveState") in ("active", "activating", "reloading"),
            "enabled": properties.get("UnitFileState") in ("enabled", "static", "alias", "indirect", "generated"),
            "stale": properties.get("NeedDaemonReload") == "yes",
        }

    def apply(self, diff: Diff) -> None:
        if "stale" in diff or "enabled" in diff:
            self.machine.run(["systemctl", "daemon-reload"])
        if "enabled" in diff:
            self.machine.run(["systemctl", "enable", self.unit])
        if "running" in diff:
            self._act("start")

    def refresh(self) -> None:
        if self.verify:
            self.machine.run(self.verify)
        self._act("reload-or-restart" if self.on_refresh == "reload" else "restart")

    def _act(self, verb: str) -> None:
        try:
            self.machine.run(["systemctl", verb, self.unit], timeout=120)
        except CommandFailed as failure:
            raise Failed(
                f"{self.unit} does not {verb}: {failure.output.strip()}\n{journal(self.machine, self.unit)}"
            ) from None


def show(machine: Machine, unit: str) -> dict[str, str]:
    """Properties of a unit; one `systemctl show` serves all units of the catalog until something is applied."""
    names = sorted({resource.unit for resource in machine.all(Unit)} | {unit})
    return machine.probe(("units", tuple(names)), lambda: _show(machine, names))[unit]


def _show(machine: Machine, units: list[str]) -> dict[str, dict[str, str]]:
    output = machine.run(["systemctl", "show", f"--property={','.join(PROPERTIES)}", "--", *units])
    blocks = [dict(line.split("=", 1) for line in block.splitlines()) for block in output.strip().split("\n\n")]
    return dict(zip(units, blocks))


def journal(machine: Machine, unit: str, lines: int = 20) -> str:
    """The last lines of a unit's journal, without host name and unit name."""
    return machine.run(["journalctl", "--no-pager", "-q", "-o", "cat", "-n", str(lines), "-u", unit]).rstrip()
