"""The inventory as text and as plain data, in the shapes of `ansible-inventory --graph` and `--list`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from windlass.inventory.document import Unsafe
from windlass.inventory.vault import Vaulted
from windlass.settings.environment import is_secret_in

if TYPE_CHECKING:
    from windlass.inventory.inventory import Inventory
    from windlass.inventory.tree import Group, Tree

MASK = "********"


def graph(tree: Tree) -> str:
    """Groups as `@name:`, hosts below them."""
    lines: list[str] = []

    def draw(group: Group, depth: int) -> None:
        lines.append(f"{_branch(depth)}@{group.name}:")
        for child in group.children.values():
            draw(child, depth + 1)
        if group.name != "all":
            lines.extend(f"{_branch(depth + 1)}{host}" for host in group.hosts)

    draw(tree.groups["all"], 0)
    return "\n".join(lines)


def listing(inventory: Inventory) -> dict[str, Any]:
    """Hosts and children of each group that has any, and the variables of each host under `_meta`."""
    tree = inventory.tree
    found: dict[str, Any] = {}
    for group in tree.groups.values():
        hosts = [] if group.name == "all" else list(group.hosts)
        parts = {"children": list(group.children), "hosts": hosts}
        if any(parts.values()):
            found[group.name] = {name: part for name, part in parts.items() if part}
    variables = {name: host_listing(inventory, name) for name in tree.hosts}
    return {"_meta": {"hostvars": {name: below for name, below in variables.items() if below}}, **found}


def host_listing(inventory: Inventory, name: str) -> dict[str, Any]:
    """The merged variables of a host as the files have them; secret values are masked."""
    return {
        key: _masked((key,), variable.value, sealed=variable.document.from_vault)
        for key, variable in inventory.variables_of(name).items()
    }


def _masked(way: tuple[str, ...], value: Any, *, sealed: bool) -> Any:
    """The value with its secrets masked; `sealed` = all of it comes from a vault."""
    if isinstance(value, dict):
        return {_key(key): _masked((*way, str(key)), below, sealed=sealed) for key, below in value.items()}
    if isinstance(value, list):
        return [_masked(way, below, sealed=sealed) for below in value]
    if isinstance(value, Unsafe):
        value = str(value)
    return MASK if sealed or isinstance(value, Vaulted) or is_secret_in(way, value) else value


def _key(key: Any) -> Any:
    """A key that JSON has too: a date, for example, becomes text."""
    return key if isinstance(key, str | int | float) or key is None else str(key)


def _branch(depth: int) -> str:
    return "  |" * depth + "--" if depth else ""
