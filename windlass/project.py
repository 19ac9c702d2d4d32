"""The project: the folder with the inventory, and the hosts that a command line names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import fabric

    from windlass.host import Host


@dataclass
class Project:
    """A folder with `inventory/`, and Windlass's own notes in `.windlass/` (never committed).

    `connection` is a Fabric connection that `fab -H` has made; None on our own command line.
    """

    project: Path
    connection: fabric.Connection | None = None

    def hosts(self, patterns: Sequence[str]) -> list[Host]:
        """The hosts that the patterns name; with a Fabric connection the one it leads to, in the inventory or not.

        Raises UsageError and InventoryError, also for environment files of these hosts' apps that are unfit.
        """
        from windlass.inventory import load

        inventory = load(self.project / "inventory")
        if self.connection is None:
            chosen = inventory.select(patterns)
        else:
            given = self.connection
            by_address = {host.connect.address: name for name, host in inventory.hosts.items()}
            name = by_address.get(given.host, given.original_host)
            chosen = [inventory.ad_hoc(name, given.user, given.port)]
        inventory.check_environments(chosen)
        return chosen
