"""What `init` makes of its command line: an app with a name, domains and lines, and where these go."""

from __future__ import annotations

import os
import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from windlass.errors import UsageError
from windlass.inventory.addition import Spot, add, host_lines, spot_of, spot_of_new_host
from windlass.inventory.app_lines import app_lines
from windlass.settings.words import is_git
from windlass.source.reading.findings import Findings, look
from windlass.source.source import contents_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from windlass.inventory.inventory import Inventory
    from windlass.project import Project
    from windlass.settings import AppSettings

# Folders that say nothing of what is in them: the one that they are in does.
_EMPTY_NAMES = frozenset(
    {"app", "src", "backend", "server", "web", "code", "source", "flask", "site", "main", "project"}
)
_LONGEST = 31


class Adoption:
    """An app on its way into the inventory. Raises UsageError and SourceError, before anything is written."""

    def __init__(
        self,
        project: Project,
        source: str,
        host: str,
        *,
        name: str | None = None,
        domains: Sequence[str] = (),
        wsgi: str | None = None,
        ref: str | None = None,
        new_host: Mapping[str, str | int | None] | None = None,
    ) -> None:
        self.project = project
        self.source = source if is_git(source) else _folder(source)
        self.host = host
        self.inventory: Inventory = project.inventory()
        self._new = host not in self.inventory.tree.hosts
        self._connection = {key: value for key, value in (new_host or {}).items() if value is not None}
        self._wsgi, self._ref = wsgi, ref
        _check_host(self.inventory, host, new=self._new, given=list(self._connection))
        self.name = _checked_name(name) if name else _name_of(self.source)
        self._given_domains = [_checked_domain(domain) for domain in domains]

    @cached_property
    def findings(self) -> Findings:
        """What the code says."""
        with contents_of(self._absolute, self._ref, None, self.project.project) as contents:
            tree, _ = contents.tree()
            return look(tree, self._wsgi)

    @cached_property
    def spot(self) -> Spot:
        """Where its lines go."""
        if self._new:
            return spot_of_new_host(self.project.project, str(self._connection.get("group") or "") or None)
        return spot_of(self.inventory, self.host)

    @cached_property
    def domains(self) -> list[str]:
        """What it answers to."""
        domains = self._given_domains or [_domain_of(self.host)]
        for other, app in self._apps().items():
            for domain in domains:
                if domain in app.domains:
                    raise UsageError(
                        f"{domain} is a domain of the app {other} of {self.host}", hint="--domain names another one."
                    )
        return domains

    def known(self) -> str | None:
        """Where the inventory has this app on the host already, None = nowhere. Raises UsageError if it differs."""
        app = self._apps().get(self.name)
        if app is None:
            return None
        place = str(self.inventory.variables_of(self.host)["apps"].place_of_key((self.name,)))
        theirs = app.source if app.from_git else os.path.realpath(str(app.source_folder))
        if theirs != self._absolute:
            raise UsageError(
                f"{place}: {self.host} has an app {self.name} already, from {app.source}",
                hint="--name gives another name.",
            )
        wanted = {"domains": self._given_domains, "wsgi": self._wsgi, "ref": self._ref}
        for setting, value in wanted.items():
            if value and getattr(app, setting) != value:
                raise UsageError(
                    f"{place}: {self.name} is there already, with other {setting}", hint="Change them there."
                )
        return place

    def lines(self) -> list[str]:
        """The lines to write, at the left edge."""
        app = app_lines(self.name, self.findings, self.code, self.domains)
        return host_lines(self.host, self._login(), app) if self._new else app

    @property
    def code(self) -> dict[str, str]:
        """The settings that say where the code is."""
        found = {"source": self.source if is_git(self.source) else self._relative}
        if self._ref:
            found["ref"] = self._ref
        if self.findings.folder:
            found["subdirectory"] = self.findings.folder
        return found

    def write(self, lines: list[str]) -> tuple[int, int]:
        """Writes them; gives back the numbers of the first and the last one."""
        return add(self.project.project, self.spot, lines, self.project.inventory)

    @property
    def own_environment(self) -> dict[str, str]:
        """What the `.env` of a folder has, which stays on this machine."""
        from dotenv import dotenv_values

        if is_git(self.source):
            return {}
        found = dotenv_values(Path(self.source, self.findings.folder, ".env"), interpolate=False)
        return {name: value for name, value in found.items() if value}

    @property
    def _absolute(self) -> str:
        return self.source if is_git(self.source) else os.path.realpath(self.source)

    @property
    def _relative(self) -> str:
        """The folder as the inventory has it: relative to the project, where they are near each other."""
        relative = os.path.relpath(self._absolute, os.path.realpath(self.project.project))
        return relative if relative.count("..") <= 2 else self._absolute

    def _apps(self) -> dict[str, AppSettings]:
        return dict(self.inventory.hosts[self.host].settings.apps) if self.host in self.inventory.hosts else {}

    def _login(self) -> dict[str, str | int]:
        names = {"address": "ansible_host", "port": "ansible_port", "user": "ansible_user"}
        given = {names[key]: value for key, value in self._connection.items() if key in names}
        return given if "ansible_user" in given or _known_to_ssh(self.host) else {**given, "ansible_user": "root"}


def _folder(source: str) -> str:
    path = Path(source).expanduser()
    if not path.is_dir():
        what = "is no folder" if path.exists() else "there is no such folder"
        raise UsageError(
            f"{source}: {what}", hint="SOURCE is the folder of an app's code, or a git URL (https://..., ssh://...)."
        )
    return str(path)


def _check_host(inventory: Inventory, host: str, *, new: bool, given: list[str]) -> None:
    from windlass.inventory.ranges import check_host_names

    if new and host in inventory.tree.groups:
        raise UsageError(f"{host!r} is a group", hint="--host takes one host.")
    try:
        check_host_names([host])
    except ValueError as error:
        raise UsageError(str(error)) from None
    if not new and given:
        options = ", ".join(f"--{name}" for name in given)
        raise UsageError(
            f"{host} is in the inventory already: {options} would change it", hint="Leave it out, or change it there."
        )


def _name_of(source: str) -> str:
    """The app's name, from that of its folder or repository."""
    parts = re.split(r"[/:]", source if is_git(source) else os.path.realpath(source))
    for part in reversed([part for part in parts if part][-3:]):
        name = re.sub(r"[^a-z0-9]+", "-", part.removesuffix(".git").lower()).strip("-")[:_LONGEST].rstrip("-")
        if name and name[0].isdigit():
            name = f"app-{name}"[:_LONGEST]
        if name and name not in _EMPTY_NAMES:
            try:
                return _checked_name(name)
            except UsageError:
                continue
    raise UsageError(f"{source}: its name is none for an app", hint="Give one: --name NAME.")


def _checked_name(name: str) -> str:
    from pydantic import TypeAdapter, ValidationError

    from windlass.settings.reserved import not_reserved
    from windlass.settings.words import AppName

    try:
        return not_reserved(TypeAdapter(AppName).validate_python(name))
    except (ValueError, ValidationError) as error:
        raise UsageError(f"--name: {_said(error)}") from None


def _checked_domain(domain: str) -> str:
    from pydantic import TypeAdapter, ValidationError

    from windlass.settings.domain import Domain

    try:
        checked: str = TypeAdapter(Domain).validate_python(domain)
        return checked
    except ValidationError as error:
        raise UsageError(f"--domain: {_said(error)}") from None


def _said(error: ValueError) -> str:
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        return error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
    return str(error)


def _domain_of(host: str) -> str:
    try:
        if "." in host:
            return _checked_domain(host)
    except UsageError:
        pass
    raise UsageError(
        f"{host!r} is no domain, so which one does the app answer to?", hint="Give it: --domain www.example.com"
    )


def _known_to_ssh(host: str) -> bool:
    """Whether the user's own ssh_config has a user for the host."""
    import paramiko

    path = Path("~/.ssh/config").expanduser()
    try:
        return "user" in paramiko.SSHConfig.from_path(str(path)).lookup(host)
    except (OSError, paramiko.SSHException):
        return False
