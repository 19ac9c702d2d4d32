"""The project: the folder with the inventory, and the hosts that a command line names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import fabric

    from windlass.host import Host
    from windlass.inventory.inventory import Inventory
    from windlass.inventory.vault_passwords import Source
    from windlass.secrets.folder import Folder

SSH_PORT = 22


@dataclass
class Project:
    """A folder with `inventory/`, and Windlass's own notes in `.windlass/` (never committed).

    `connection` is a Fabric connection that `fab -H` has made; None on our own command line. `extra_vars` are variables
    from a command line (`KEY=VALUE`, `@FILE`), `vault_sources` labels and files of passwords for Ansible's vault.
    """

    project: Path
    connection: fabric.Connection | None = None
    extra_vars: tuple[str, ...] = ()
    vault_sources: tuple[Source, ...] = ()

    def hosts(self, patterns: Sequence[str], limit: str | None, tell: Callable[[str], None]) -> list[Host]:
        """The hosts that the patterns name; with a Fabric connection the one it leads to, in the inventory or not.

        `limit` is one more pattern that they must match (None = no limit); `tell` is told whom that leaves out.
        Raises UsageError and InventoryError.
        """
        inventory = self.inventory()
        for note in inventory.notes:
            tell(note)
        if self.connection is None:
            chosen = inventory.select(patterns, limit, tell)
        else:
            chosen = [_host_of(self.connection, inventory)]
            if limit is not None:
                inventory.limited([chosen[0].name], limit, tell)
        inventory.check_extra_vars(chosen)
        return chosen

    def inventory(self) -> Inventory:
        """The inventory, read anew. Raises InventoryError."""
        return self._read()[0]

    def secrets(self) -> Folder:
        """The encrypted secrets beside the inventory. Raises InventoryError."""
        return self._read()[1]

    def _read(self) -> tuple[Inventory, Folder]:
        from windlass.inventory import load
        from windlass.secrets.folder import Folder

        inventory = load(self.project / "inventory", self.extra_vars, self.vault_sources)
        names = {*inventory.tree.groups, *inventory.tree.hosts}
        folder = Folder(inventory.folder / "secrets", names, inventory.apps_of)
        inventory.secrets_of = folder.of
        return inventory, folder


def _host_of(given: fabric.Connection, inventory: Inventory) -> Host:
    """The host that a connection leads to: of that name, or at that address and port; else one that is not listed."""
    at = [
        name
        for name, host in inventory.hosts.items()
        if (host.connect.address, host.connect.port or SSH_PORT) == (given.host, given.port)
    ]
    if len(at) > 1:
        raise UsageError(f"{given.host}:{given.port} is the address of {' and '.join(at)}", hint="Name one of them.")
    return inventory.ad_hoc(at[0] if at else given.original_host, given.user, given.port)
