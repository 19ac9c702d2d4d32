"""The inventory: Ansible's YAML format, Windlass's settings, and messages that say where."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from windlass.inventory.inventory import Inventory
    from windlass.inventory.vault_passwords import Source


def load(folder: Path, extra_vars: Sequence[str] = (), vault_sources: Sequence[Source] = ()) -> Inventory:
    """The inventory in a folder, and that of the project's lab where one is up; the project is the folder above.

    `extra_vars` (`KEY=VALUE`, `@FILE`) are above all other variables. `vault_sources` are those of passwords for
    Ansible's vault, labels and files, beside those that Ansible's environment variables name.

    Raises InventoryError with everything that is wrong, one `file:line:column: ...` per line.
    """
    # The settings take a while to import, and completion reads names without them.
    from windlass.inventory.inventory import Inventory
    from windlass.inventory.vault import Vault
    from windlass.inventory.vault_passwords import VaultPasswords, sources_of

    return Inventory(folder, extra_vars, Vault(VaultPasswords([*vault_sources, *sources_of(os.environ)])))
