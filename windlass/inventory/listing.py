"""The inventory as text and as plain data, in the shapes of `ansible-inventory --graph` and `--list`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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


class HostListings(Mapping[str, dict[str, Any]]):
    """`host_listing` of each host that has variables, made when it is asked for."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory

    def __getitem__(self, name: str) -> dict[str, Any]:
        return host_listing(self._inventory, name)

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._inventory.tree.hosts if self._inventory.variables_of(name))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def listing(inventory: Inventory) -> dict[str, Any]:
    """Hosts and children of each group that has any, and the variables of each host under `_meta`."""
    return {"_meta": {"hostvars": dict(HostListings(inventory))}, **groups(inventory.tree)}


def groups(tree: Tree) -> dict[str, Any]:
    """Hosts and children of each group that has any."""
    found: dict[str, Any] = {}
    for group in tree.groups.values():
        hosts = [] if group.name == "all" else list(group.hosts)
        parts = {"children": list(group.children), "hosts": hosts}
        if any(parts.values()):
            found[group.name] = {name: part for name, part in parts.items() if part}
    return found


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
