"""A process that answers with Ansible's reading of inventories: `{"folder": ..., "patterns": [...]}` in, a line out."""

from __future__ import annotations

import json
import sys
from typing import Any

from ansible import constants
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.utils.vars import load_extra_vars
from ansible.vars.manager import VariableManager


def listing(folder: str, patterns: list[str]) -> dict[str, Any]:
    """Hosts of each group and pattern, and merged variables of each host, as `ansible-inventory --list` has them."""
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=[folder])
    manager = VariableManager(loader=loader, inventory=inventory)
    hosts = {}
    for host in inventory.get_hosts("all"):
        variables = manager.get_vars(host=host, include_hostvars=False, stage="all")
        hosts[host.name] = {k: v for k, v in variables.items() if k not in constants.INTERNAL_STATIC_VARS}
    groups = {name: sorted(host.name for host in group.get_hosts()) for name, group in inventory.groups.items()}
    matches = {pattern: _matches(inventory, pattern) for pattern in patterns}
    return {"groups": groups, "hosts": hosts, "matches": matches}


def _matches(inventory: InventoryManager, pattern: str) -> list[str] | None:
    """The hosts of a pattern, None = it cannot be used."""
    try:
        return [host.name for host in inventory.get_hosts(pattern)]
    except (AnsibleError, IndexError):  # the latter for an operator without a name
        return None


if __name__ == "__main__":
    init_plugin_loader()
    load_extra_vars(DataLoader())
    for line in sys.stdin:
        try:
            answer = listing(**json.loads(line))
        except Exception as error:
            answer = {"error": str(error)}
        print(json.dumps(answer, default=str), flush=True)
