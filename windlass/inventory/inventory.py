"""The hosts of a project: who they are, which groups they are in, and what they shall be."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from windlass.errors import UsageError
from windlass.host import Host
from windlass.inventory.connection import Connection, connection_variables, foreign_kind
from windlass.inventory.extra import ExtraVariables
from windlass.inventory.files import LAB, Files
from windlass.inventory.host_variables import HostVariables
from windlass.inventory.prefix import variable_of
from windlass.inventory.problems import Problems
from windlass.inventory.ranges import check_host_names
from windlass.inventory.reader import Reader
from windlass.inventory.tree import Tree, Variables
from windlass.inventory.validation import settings_in, validated
from windlass.inventory.values import Values
from windlass.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from windlass.inventory.vault import Vault
    from windlass.settings.secret import Secret

    # From groups (the widest first) and a host, and the name of an app.
    SecretsOf = Callable[[Sequence[str], str], Mapping[str, Secret]]

from windlass.inventory.tree import Group

# The names of variables that Windlass reads, beside Ansible's own, and the settings in each.
KNOWN = {**{name: settings_in(field.annotation) for name, field in Settings.model_fields.items()}, "host_key": set()}
BY_SSH = "Windlass goes by SSH alone: name another host, or remove ansible_connection"


def _no_secrets(levels: Sequence[str], app: str) -> Mapping[str, Secret]:
    return {}


def _silent(words: str) -> None:
    """Tells nobody."""


class Inventory:
    """Hosts and groups, checked as a whole when read."""

    def __init__(self, folder: Path, extra_vars: Sequence[str] = (), vault: Vault | None = None) -> None:
        self.project = folder.parent
        # Where it is one file, what belongs to it lies beside it, as Ansible has it.
        self.folder = self.project if folder.is_file() else folder
        self.tree = Tree()
        problems = Problems()
        reader = Reader(self.tree, problems, KNOWN, vault)
        self._files = Files(self.project, reader)
        self._extra = ExtraVariables(extra_vars, reader)
        self._files.read(folder)
        self.notes = self._files.notes  # which files are left out, and why
        self.tree.settle()
        self.secrets_of: SecretsOf = _no_secrets  # whoever opens the secrets beside the inventory sets it
        self._of_groups: dict[tuple[Group, ...], Variables] = {}
        self._values: dict[str, Values] = {}
        self.hostvars = HostVariables(self.tree.hosts, self._values_of)
        self._settings: dict[tuple[int, ...], Settings | None] = {}
        self.hosts: dict[str, Host] = {}
        self.foreign: dict[str, str] = {}  # hosts that Ansible reaches without SSH, and how
        self._group_files: dict[str, Variables] = {}
        found = [self._host(name, self.tree.groups_of(name), problems) for name in self.tree.hosts]
        problems.raise_if_any()
        self.hosts = {host.name: host for host in found if host is not None}

    def select(
        self, patterns: Sequence[str], limit: str | None = None, tell: Callable[[str], None] = _silent
    ) -> list[Host]:
        """The hosts that Ansible-like patterns name, without those of its hosts that Ansible reaches without SSH.

        `limit` is one more pattern that they must match (None = no limit). `tell` is told whom Ansible reaches
        otherwise, and of an exclusion that matches nothing.

        Raises UsageError where a pattern names nothing, or only such hosts.
        """
        names = self.names(patterns, tell)
        if limit is not None:
            names = self.limited(names, limit, tell)
        foreign = {name: self.foreign[name] for name in names if name in self.foreign}
        for name, kind in foreign.items():
            if name in patterns or len(foreign) == len(names):
                raise UsageError(f"{name!r} is not reached by SSH but by ansible_connection {kind!r}", hint=BY_SSH)
        if foreign:
            tell(f"left out, as Ansible reaches them without SSH: {_with_kinds(foreign)}")
        return [self.hosts[name] for name in names if name not in foreign]

    def limited(self, names: Sequence[str], limit: str, tell: Callable[[str], None] = _silent) -> list[str]:
        """Those of the hosts that a pattern means, too. Raises UsageError where there are none."""
        allowed = set(self.names([limit], tell))
        if not allowed.intersection(names):
            raise UsageError(f"--limit {limit!r} leaves no host", hint="./deploy.py inventory shows what there is")
        return [name for name in names if name in allowed]

    def names(self, patterns: Sequence[str], tell: Callable[[str], None] = _silent) -> list[str]:
        """The names of all hosts that patterns mean, reached by SSH or not. Raises UsageError."""
        from windlass.inventory.host_file import lines_of
        from windlass.inventory.patterns import select

        return select(self.tree, patterns, partial(lines_of, self.project), tell)

    def ad_hoc(self, address: str, user: str | None = None, port: int | None = None) -> Host:
        """A host by name or address, as `fab -H USER@HOST:PORT` gives it; it need not be in the inventory.

        Raises UsageError for what is no host name, InventoryError where the variables of `all` are wrong for it.
        """
        host = self.hosts.get(address) or self._unlisted(address)
        connect = replace(host.connect, user=user or host.connect.user, port=port or host.connect.port)
        return replace(host, connect=connect)

    def check_extra_vars(self, hosts: Iterable[Host]) -> None:
        """Refuse extra variables that mean none of these hosts. Raises UsageError."""
        self._extra.check(self._values_of(host.name).raw for host in hosts)

    def variables_of(self, name: str) -> Variables:
        """The merged variables of a host, as the files have them."""
        return self._values_of(name).raw

    def _unlisted(self, address: str) -> Host:
        try:
            check_host_names([address])
        except ValueError as error:
            raise UsageError(str(error)) from None
        problems = Problems()
        host = self._host(address, [self.tree.groups["all"], self.tree.groups["ungrouped"]], problems)
        problems.raise_if_any()
        if host is None:
            raise UsageError(
                f"{address!r} is not reached by SSH but by ansible_connection {self.foreign[address]!r}", hint=BY_SSH
            )
        return host

    def _host(self, name: str, groups: list[Group], problems: Problems) -> Host | None:
        values = self._values_of(name, groups)
        if foreign := foreign_kind(values):
            self.foreign[name] = foreign
            return None
        connection = validated(Connection, connection_variables(values.raw), values, self.project, problems)
        settings = self._settings_of(values, problems)
        if connection is None or settings is None:
            return None
        return Host(
            name,
            [group.name for group in groups],
            connection.connect(name),
            settings,
            values,
            secrets=_Lookup(self, name, groups).secrets,
            from_vault=values.env_from_vault,
            sealed_texts=values.sealed_texts,
        )

    def apps_of(self, level: str) -> dict[str, set[str]]:
        """The apps of the hosts of a group, or of a host, each with what all of these hosts have in its `allow_env`."""
        names = [*self.tree.members.get(level, []), level]
        hosts = [self.hosts[name] for name in names if name in self.hosts]
        allowed: dict[str, set[str]] = {}
        for host in hosts:
            for app, settings in host.settings.apps.items():
                allowed[app] = allowed.get(app, set(settings.allow_env)) & set(settings.allow_env)
        return allowed

    def _settings_of(self, values: Values, problems: Problems) -> Settings | None:
        """The settings; hosts that set the same ones, and not by templates, share one object."""
        variables = {name: variable_of(name, values.raw) for name in Settings.model_fields}
        names = {setting: name for setting, name in variables.items() if name in values.raw}
        if any(map(values.is_template, names.values())):
            return validated(Settings, names, values, self.project, problems)
        key = tuple(id(values.raw[name]) for name in names.values())
        if key not in self._settings:
            self._settings[key] = validated(Settings, names, values, self.project, problems)
        return self._settings[key]

    def _merge(self, name: str, groups: list[Group]) -> Variables:
        """Ansible's order: inventory files (all, then groups), group_vars (the same), host's own, extra variables."""
        files = self._files.variables_of(self.folder / "host_vars", name)
        return self._extra.over({**self._of(groups), **self.tree.taken(name), **files})

    def _of(self, groups: list[Group]) -> Variables:
        key = tuple(groups)
        if key not in self._of_groups:
            merged: Variables = {}
            for group in groups:
                merged.update(group.variables)
            for group in groups:
                merged.update(self._group_file(group.name))
            self._of_groups[key] = merged
        return self._of_groups[key]

    def _group_file(self, name: str) -> Variables:
        if name not in self._group_files:
            folder = self.folder / "group_vars"
            self._group_files[name] = self._files.variables_of(folder, name)
        return self._group_files[name]

    def _values_of(self, name: str, groups: list[Group] | None = None) -> Values:
        """The variables of a host; of one that is not in the inventory its groups must be given."""
        if name not in self._values:
            groups = self.tree.groups_of(name) if groups is None else groups
            self._values[name] = Values(self._merge(name, groups), _Lookup(self, name, groups).magic)
        return self._values[name]


@dataclass(frozen=True, slots=True)
class _Lookup:
    """What is put together for a host only when somebody asks."""

    inventory: Inventory
    name: str
    groups: list[Group]

    def secrets(self, app: str) -> Mapping[str, Secret]:
        return self.inventory.secrets_of([*(group.name for group in self.groups), self.name], app)

    def magic(self) -> dict[str, Any]:
        name, tree, folder = self.name, self.inventory.tree, self.inventory.folder
        shown = tree.sources.get(name, LAB)
        source = self.inventory.project / shown
        return {
            "inventory_hostname": name,
            "inventory_hostname_short": name if ":" in name or name[-1].isdigit() else name.split(".")[0],
            "inventory_file": str(source),
            "inventory_dir": str(folder if shown == LAB else source.parent),
            "playbook_dir": str(self.inventory.project),
            "ansible_playbook_python": sys.executable,
            "group_names": sorted(group.name for group in self.groups if group.name != "all"),
            "groups": tree.members,
            "hostvars": self.inventory.hostvars,
        }


def _with_kinds(foreign: Mapping[str, str]) -> str:
    """Some of the hosts, each with how Ansible reaches it."""
    some = [f"{name} ({kind})" for name, kind in islice(foreign.items(), 5)]
    return ", ".join([*some, f"{len(foreign) - 5} more"] if len(foreign) > 5 else some)
