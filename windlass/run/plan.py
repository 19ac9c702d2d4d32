"""What a run is to bring about on each host, as resources."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from windlass.app import App
from windlass.errors import UsageError
from windlass.run import own_roles
from windlass.run.catalog import Entry
from windlass.run.sealed import hidden
from windlass.secrets import left_behind
from windlass.secrets.environment import check, variables_of
from windlass.settings.database import shared

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from roles import AppRole, HostRole
    from windlass.host import Host
    from windlass.settings import AppSettings
    from windlass.source import Source


@dataclass
class Plan:
    """The apps that a run is about: of every host all (`app` None) or one."""

    app: str | None = None

    def apps(self, host: Host) -> dict[str, AppSettings]:
        """The settings of these apps by name; raises UsageError when the host has no such app."""
        return {name: host.settings.apps[name] for name in host.app_names(self.app)}

    def prepare(self, hosts: Sequence[Host]) -> None:
        """Refuses what can be refused without a connection."""
        for host in hosts:
            self.apps(host)

    @property
    def whole(self) -> bool:
        """Whether it says all that hosts must have; what it does not name has gone from the inventory."""
        return False

    def heed(self, hosts: Sequence[Host]) -> list[str]:
        """Refuses environments that are unfit, where it needs any; gives back what the user should hear of once."""
        return []

    def leaders(self) -> set[str]:
        """The names of hosts that must be done, and well, before all others."""
        return set()

    def entries(self, host: Host) -> Iterator[Entry]:
        """The resources of a host whose facts are known, in order."""
        raise NotImplementedError


@dataclass
class Roles(Plan):
    """What the roles declare; `tags` None = all roles."""

    project: Path = field(kw_only=True)
    tags: frozenset[str] | None = None
    deploying: bool = False
    _sources: dict[tuple[str, str], Source] = field(default_factory=dict, init=False)
    _leaders: dict[tuple[str, str], str] = field(default_factory=dict, init=False)  # by the host and app that is led

    def heed(self, hosts: Sequence[Host]) -> list[str]:
        told = check(hosts, self.app) if self._has("release") else []
        for host in hosts:
            for name, settings in self.apps(host).items():
                told += [f"app {name}: {remark}" for remark in self._source(name, settings).remarks]
                told += self._left_behind(host, name, settings) if self._has("release") else []
        return list(dict.fromkeys(told))

    def _left_behind(self, host: Host, name: str, settings: AppSettings) -> list[str]:
        given = variables_of(host, name).keys()
        said = left_behind.of_keys(name, settings.source, self._source(name, settings).weak_keys, given)
        return [*said, *(left_behind.of_env(name, settings.source_folder, given) if settings.source_folder else ())]

    def prepare(self, hosts: Sequence[Host]) -> None:
        _ = self._tables
        first: dict[tuple[str, tuple[str, ...]], str] = {}
        for host in hosts:
            for name, settings in self.apps(host).items():
                self._source(name, settings)
                databases = _databases(host, name) if self._has("release") else None
                if databases is not None and first.setdefault((name, databases), host.name) != host.name:
                    self._leaders[host.name, name] = first[name, databases]

    @property
    def whole(self) -> bool:
        return self.app is None and self.tags is None

    def leaders(self) -> set[str]:
        """Those that run an app's release command for others."""
        return set(self._leaders.values())

    def entries(self, host: Host) -> Iterator[Entry]:
        host_roles, app_roles = self._tables
        apps = [
            App(name, settings, self._source(name, settings), led=(host.name, name) in self._leaders)
            for name, settings in self.apps(host).items()
        ]
        if self.deploying:
            from roles.nginx import UNKNOWN
            from windlass.agent.resources import Provisioned

            yield Entry(Provisioned(UNKNOWN, host.name), "app")
        sealed = host.sealed_texts()
        for name, host_role in host_roles.items():
            if self._has(name):
                yield from (Entry(hidden(resource, sealed), name) for resource in host_role(host, apps))
        for app in apps:
            for name, app_role in app_roles.items():
                if self._has(name):
                    yield from (Entry(hidden(resource, sealed), name, app.name) for resource in app_role(host, app))

    @cached_property
    def _tables(self) -> tuple[dict[str, HostRole], dict[str, AppRole]]:
        """The roles of hosts and those of apps, in order. Raises UsageError for faults of the project's own."""
        from roles import APP_ROLES, HOST_ROLES

        own = {role.name: role for role in own_roles.find(self.project)}
        hosts, apps = own_roles.arranged(own.values(), list(HOST_ROLES), list(APP_ROLES))
        loaded = {name: own_roles.load(role, self.project) for name, role in own.items()}
        host_roles, app_roles = {**HOST_ROLES, **loaded}, {**APP_ROLES, **loaded}
        return {name: host_roles[name] for name in hosts}, {name: app_roles[name] for name in apps}

    def _has(self, role: str) -> bool:
        return self.tags is None or role in self.tags

    def _source(self, name: str, settings: AppSettings) -> Source:
        """The app's code; hosts that have the same app share it."""
        from windlass.source import load

        key = (name, settings.model_dump_json())
        if key not in self._sources:
            self._sources[key] = load(name, settings, self.project)
        return self._sources[key]


@dataclass
class Rollbacks(Plan):
    """Older releases: the one named `to` ("" = the good one before the current), or ids by host and app, for those."""

    to: str | Mapping[str, Mapping[str, str]] = ""

    def prepare(self, hosts: Sequence[Host]) -> None:
        super().prepare(hosts)
        for host in hosts:
            names = list(self.apps(host))
            if isinstance(self.to, str) and len(names) > 1:
                raise UsageError(f"{host.name} has the apps {' and '.join(names)}", hint="Name one of them with --app.")

    def entries(self, host: Host) -> Iterator[Entry]:
        from roles.release import rollback

        for name, settings in self.apps(host).items():
            release = self.to if isinstance(self.to, str) else self.to[host.name].get(name)
            if release is not None:
                yield Entry(rollback(host, name, settings, release), "release", name)


@dataclass
class Removals(Plan):
    """One app that is to be gone, whether the inventory has it or not; with `purge` its data, too."""

    purge: bool = False

    def apps(self, host: Host) -> dict[str, AppSettings]:
        return {}

    def entries(self, host: Host) -> Iterator[Entry]:
        from windlass.agent.resources import Removal

        yield Entry(Removal(str(self.app), self.purge), "remove", self.app)


def _databases(host: Host, name: str) -> tuple[str, ...] | None:
    """The databases that an app's release command is for, where one host runs it for all that have them.

    Empty = its settings say so, and no environment names one; None = each host runs it.
    """
    settings = host.settings.apps[name]
    if not (settings.release_command or settings.setup_command) or settings.run_once is False:
        return None
    found = shared(variable.value for variable in variables_of(host, name).values())
    return found if found or settings.run_once else None
