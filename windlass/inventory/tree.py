"""The tree of groups, and the hosts in it, as Ansible builds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import yaml

from windlass.inventory.vault import holds_vaulted

if TYPE_CHECKING:
    from windlass.inventory.document import Document
    from windlass.inventory.problems import Place


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """One variable as a file sets it: its plain value, and the nodes that it comes from."""

    value: Any = field(repr=False)  # maybe a secret
    document: Document
    key: yaml.Node
    node: yaml.Node = field(repr=False)

    @property
    def from_vault(self) -> bool:
        """Whether the value, or a part of it, comes from Ansible's vault."""
        return self.document.from_vault or holds_vaulted(self.value)

    def place(self, way: tuple[str | int, ...] = ()) -> Place:
        """Where the value, or the part of it that `way` leads to, begins."""
        return self.document.place(self.document.find(self.node, way)[0])

    def written(self, way: tuple[str | int, ...] = ()) -> str | None:
        """The scalar that `way` leads to as it is written, without its quotes; None = there is none."""
        node, found = self.document.find(self.node, way)
        return node.value if found and isinstance(node, yaml.ScalarNode) else None

    def place_of_key(self, way: tuple[str | int, ...] = ()) -> Place:
        """Where the name of the part that `way` leads to begins."""
        if not way:
            return self.document.place(self.key)
        parent, _ = self.document.find(self.node, way[:-1])
        return self.document.place(self.document.key_of(parent, way[-1]))


Variables = dict[str, Variable]


@dataclass(eq=False)
class Group:
    """A group: what it contains, what contains it, and what it sets."""

    name: str
    children: dict[str, Group] = field(default_factory=dict)
    parents: list[Group] = field(default_factory=list)
    hosts: dict[str, None] = field(default_factory=dict)
    variables: Variables = field(default_factory=dict)
    priority: int = 1
    depth: int = 0

    def ancestors(self) -> set[Group]:
        """All groups that contain this one, directly or not."""
        found: set[Group] = set()
        waiting = list(self.parents)
        while waiting:
            group = waiting.pop()
            if group not in found:
                found.add(group)
                waiting += group.parents
        return found

    def all_hosts(self) -> list[str]:
        """The hosts of this group and of those below it, level by level."""
        found: dict[str, None] = {}
        seen: set[Group] = set()
        level = [self]
        while level:
            seen.update(level)
            for group in level:
                found.update(group.hosts)
            level = list(dict.fromkeys(child for group in level for child in group.children.values()))
            level = [group for group in level if group not in seen]
        return list(found)


class Tree:
    """Groups and hosts by name, in the order they came up; `all` and `ungrouped` are always there."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {}
        self.hosts: dict[str, Variables] = {}
        self.sources: dict[str, str] = {}  # of hosts: files as they are shown
        self._groups_of: dict[str, list[Group]] = {}
        self.add_child(self.group("all"), self.group("ungrouped"))

    def group(self, name: str) -> Group:
        """The group of that name, made where it is new."""
        return self.groups.setdefault(name, Group(name))

    def add_child(self, parent: Group, child: Group) -> bool:
        """Put a group into another; False where that would close a circle."""
        if child is parent or child in parent.ancestors():
            return False
        if child.name not in parent.children:
            parent.children[child.name] = child
            child.parents.append(parent)
        return True

    def add_host(self, name: str, group: Group, source: str) -> Variables:
        """Put a host into a group; its variables, to be filled. Where it first came up is its source."""
        group.hosts[name] = None
        self.sources.setdefault(name, source)
        return self.hosts.setdefault(name, {})

    def taken(self, name: str) -> Variables:
        """The host's own variables, for whoever merges them, once: thousands of mappings are not kept twice."""
        own = self.hosts.get(name, {})
        if own:
            self.hosts[name] = {}
        return own

    def settle(self) -> None:
        """Once all files are read: every group is under `all`, and hosts without a group are in `ungrouped`."""
        everything, ungrouped = self.groups["all"], self.groups["ungrouped"]
        for group in self.groups.values():
            if group is not everything and not group.parents:
                self.add_child(everything, group)
        for group in self._topmost_first():
            group.depth = max((parent.depth + 1 for parent in group.parents), default=0)
        grouped = {
            host for group in self.groups.values() if group not in (everything, ungrouped) for host in group.hosts
        }
        ungrouped.hosts = {host: None for host in self.hosts if host not in grouped}
        direct: dict[str, tuple[Group, ...]] = dict.fromkeys(self.hosts, ())
        for group in self.groups.values():
            for host in group.hosts:
                direct[host] += (group,)
        ordered: dict[tuple[Group, ...], list[Group]] = {}  # hosts of the same groups share one list
        for host, groups in direct.items():
            if groups not in ordered:
                found = {everything, *groups}.union(*(group.ancestors() for group in groups))
                ordered[groups] = sorted(found, key=lambda group: (group.depth, group.priority, group.name))
            self._groups_of[host] = ordered[groups]

    def groups_of(self, host: str) -> list[Group]:
        """The groups that contain a host, in the order in which their variables override each other."""
        return self._groups_of[host]

    @cached_property
    def members(self) -> dict[str, list[str]]:
        """The hosts of each group and of those below it."""
        return {name: group.all_hosts() for name, group in self.groups.items()}

    def _topmost_first(self) -> list[Group]:
        """All groups, each after all that contain it."""
        ordered = [group for group in self.groups.values() if not group.parents]
        left = {group: len(group.parents) for group in self.groups.values()}
        for group in ordered:  # which grows meanwhile
            for child in group.children.values():
                left[child] -= 1
                if not left[child]:
                    ordered.append(child)
        return ordered
