"""The JSON of commands that ask, with --json; keys are only ever added.

`status`, `releases`, `audit`, `facts`, `run` and `secrets diff` print `{"hosts": [...]}` with one of these for each
host; `logs` prints each LogLine on its own. `error` says why a host gave no answer: `apps` and `entries` are empty
then, and all else is null, but for what a program of `run` said until then. `settings` and `secrets list` ask no host:
SettingDocument and SecretDocument say what they print. Sizes are in bytes, spans in seconds; times are seconds since
the epoch, or UTC in ISO 8601. Where nothing could be begun, the document is that of report_document.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from windlass.agent.messages.answers import OfRelease
from windlass.agent.messages.checked import Lines
from windlass.agent.messages.documents import AppReleases, AppStatus, RunEntry


class StatusDocument(TypedDict):
    """A host right now, as HostStatus has it; `system` is its name and version."""

    host: str
    error: Lines | None
    system: str | None
    cpus: int | None
    disk_used: int | None
    disk_size: int | None
    uptime: float | None
    nginx: bool | None
    firewall: bool | None
    updates: int | None
    security_updates: int | None
    failed_units: list[str] | None
    reboot: bool | None
    stale: dict[str, list[str]] | None
    apps: list[AppStatus]
    left_over: list[str] | None  # apps that are served, and not in the inventory


class ReleasesDocument(TypedDict):
    """The apps of a host."""

    host: str
    error: Lines | None
    apps: list[AppReleases]


class AuditDocument(TypedDict):
    """The runs of a host, oldest first."""

    host: str
    error: Lines | None
    entries: list[RunEntry]


class FactsDocument(TypedDict):
    """What a host is."""

    host: str
    error: Lines | None
    os: str | None
    os_version: str | None
    codename: str | None
    arch: str | None
    python: str | None
    pythons: list[str] | None
    cpus: int | None
    memory: int | None
    addresses: list[str] | None
    ipv6: bool | None
    hostname: str | None
    systemd: bool | None
    kernel: str | None
    ssh_port: int | None
    ssh_ports: list[int] | None
    name_servers: list[str] | None
    sudo_rs: bool | None


class AppDifference(TypedDict):
    """Names of secrets that the next release would add, remove and change."""

    app: str
    deployed: bool
    added: list[str]
    removed: list[str]
    changed: list[str]


class DifferenceDocument(TypedDict):
    """The apps of a host."""

    host: str
    error: Lines | None
    apps: list[AppDifference]


class RunDocument(TypedDict):
    """What a program said on a host, and its exit status."""

    host: str
    error: Lines | None
    status: int | None
    stdout: Lines
    stderr: Lines


class LogLine(OfRelease):
    """A line; `priority` is a level of syslog(3)."""

    host: str
    time: str
    app: str
    source: Literal["app", "systemd", "access", "error"]
    priority: int
    text: Lines


class SettingDocument(TypedDict):
    """A setting, of which `settings` prints `{"settings": [...]}`; `default` is null where there is none."""

    name: str
    type: str
    default: Any
    required: bool
    description: str


class SecretDocument(TypedDict):
    """A secret, of which `secrets list` prints `{"secrets": [...]}`, without its value.

    `file` is all, a group or a host, `app` null = every app, `length` in characters; equal fingerprints are equal
    values, as long as they come from the same user.
    """

    file: str
    app: str | None
    name: str
    length: int
    fingerprint: str


def unanswered(document: Any) -> dict[str, Any]:
    """What the entry of a host that gave no answer has beside its name and the error."""
    return {
        name: [] if name in ("apps", "entries") else None
        for name in document.__annotations__
        if name not in ("host", "error")
    }
