"""A systemd unit: running and enabled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent.failures import CommandFailed, Failed
from windlass.agent.resources.resource import Diff, Resource, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from windlass.agent.machine import Machine

PROPERTIES = ("ActiveState", "SubState", "UnitFileState", "NeedDaemonReload", "Job")
ENABLED = ("enabled", "static", "alias", "indirect", "generated")


@dataclass(eq=False)
class Unit(Resource):
    """A systemd unit that runs (or waits, for a timer or socket), starts at boot, and is loaded as it is on disk.

    `on_refresh` is `reload` or `restart`. `runs` False: others start the unit, it only has to be loaded as on disk.
    """

    unit: str
    on_refresh: str = "restart"
    runs: bool = True
    wavering = ("running", "stale")

    @property
    def units(self) -> list[str]:
        """The units to ask systemd about, together with those of all other resources."""
        return [self.unit]

    def desired(self) -> State:
        loaded = {"stale": False}
        return {"running": True, "enabled": True, **loaded} if self.runs else loaded

    def actual(self) -> State:
        properties = show(self.machine, self.unit)
        # A unit that crashes again and again is "activating", too.
        starting = properties["ActiveState"] == "activating" and properties["SubState"] != "auto-restart"
        return {
            "running": starting or properties["ActiveState"] in ("active", "reloading"),
            "enabled": properties["UnitFileState"] in ENABLED,
            "stale": properties["NeedDaemonReload"] == "yes",
        }

    def apply(self, diff: Diff) -> None:
        if "stale" in diff or "enabled" in diff:
            self.machine.run(["systemctl", "daemon-reload"])
        if "enabled" in diff:
            self.machine.run(["systemctl", "enable", self.unit])
        if "running" in diff:
            self._act("start")

    def refresh(self) -> None:
        # A drop-in in a folder that is new to systemd does not count as "stale": its cache of folders is as old.
        self.machine.run(["systemctl", "daemon-reload"])
        if self.runs:
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
    named = (name for resource in machine.resources for name in getattr(resource, "units", ()))
    names = sorted({*named, unit})
    return machine.probe(("units", tuple(names)), lambda: _show(machine, names))[unit]


def _show(machine: Machine, units: list[str]) -> dict[str, dict[str, str]]:
    output = machine.run(["systemctl", "show", f"--property={','.join(PROPERTIES)}", "--", *units])
    blocks = [dict(line.split("=", 1) for line in block.splitlines()) for block in output.strip().split("\n\n")]
    return dict(zip(units, blocks))


def properties(machine: Machine, unit: str, names: Sequence[str]) -> dict[str, str]:
    """Some properties of one unit, as they are at this moment."""
    output = machine.run(["systemctl", "show", f"--property={','.join(names)}", "--", unit])
    return dict(line.split("=", 1) for line in output.splitlines() if "=" in line)


def journal(machine: Machine, unit: str, lines: int = 20) -> str:
    """The last lines of a unit's journal, without host name and unit name."""
    return machine.run(["journalctl", "--no-pager", "-q", "-o", "cat", "-n", str(lines), "-u", unit]).rstrip()
