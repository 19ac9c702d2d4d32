"""The JSON of commands that ask, with --json; keys are only ever added.

`status`, `releases`, `audit`, `facts`, `run` and `secrets diff` print `{"hosts": [...]}` with one of these for each
host; `logs` prints each LogLine on its own. `error` says why a host gave no answer: `apps` and `entries` are empty
then, and all else is null, but for what a program of `run` said until then. `settings` and `secrets list` ask no host:
SettingDocument and SecretDocument say what they print. Sizes are in bytes, spans in seconds; times are seconds since
the epoch, or UTC in ISO 8601. Where nothing could be begun, the document is that of report_document.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict  # which pydantic reads on Python 3.11, too


class AppStatus(TypedDict):
    """An app right now; all but its name is null when it is not deployed.

    `health` is ok, or what came instead; null = not asked, for it does not run. A `certificate_kind` of null is plain
    HTTP; a placeholder is self-signed, where the inventory wants a CA's. `certificate_late`: it has expired, or is in
    its last week and the last quarter of its life.
    """

    name: str
    release: str | None
    commit: str | None
    dirty: bool | None
    age: int | None
    active: bool | None
    workers: int | None
    memory: int | None
    restarts: int | None
    health: str | None
    certificate_kind: Literal["ca", "self-signed", "placeholder", "missing"] | None
    certificate_issuer: str | None
    certificate_until: float | None
    certificate_late: bool | None


class StatusDocument(TypedDict):
    """A host right now; `updates` are null when apt does not know, `stale` are replaced files by who runs them.

    `firewall` says whether the rules that Windlass has made are loaded; null when it has made none.
    """

    host: str
    error: str | None
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


class ReleaseEntry(TypedDict):
    """A release; `previous` is the one it took over from, `reason` why it failed, "" = none."""

    id: str
    created: int
    who: str
    commit: str | None
    dirty: bool
    state: Literal["new", "good", "failed"]
    current: bool
    previous: str
    reason: str
    traffic: dict[str, Any]
    size: int


class AppReleases(TypedDict):
    """The releases of an app, newest first."""

    name: str
    releases: list[ReleaseEntry]


class ReleasesDocument(TypedDict):
    """The apps of a host."""

    host: str
    error: str | None
    apps: list[AppReleases]


Switch = TypedDict("Switch", {"from": str | None, "to": str | None})  # the current release before and after

RunEntry = TypedDict(
    "RunEntry",
    {
        "run": str,
        "time": str,
        "who": str,
        "login": str,
        "from": str | None,
        "command": str,
        "ended": str | None,
        "result": Literal["done", "failed", "refused", "interrupted", "unfinished"],
        "changed": int,
        "failed": int,
        "failures": list[str],
        "status": int | None,  # of the program that `run` ran
        "seconds": float,
        "apps": dict[str, Switch],
    },
)


class AuditDocument(TypedDict):
    """The runs of a host, oldest first."""

    host: str
    error: str | None
    entries: list[RunEntry]


class FactsDocument(TypedDict):
    """What a host is."""

    host: str
    error: str | None
    os: str | None
    os_version: str | None
    codename: str | None
    arch: str | None
    python: str | None
    cpus: int | None
    memory: int | None
    addresses: list[str] | None
    ipv6: bool | None
    hostname: str | None
    systemd: bool | None
    kernel: str | None
    ssh_port: int | None
    ssh_ports: list[int] | None


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
    error: str | None
    apps: list[AppDifference]


class RunDocument(TypedDict):
    """What a program said on a host, and its exit status."""

    host: str
    error: str | None
    status: int | None
    stdout: str
    stderr: str


class LogLine(TypedDict):
    """A line; `priority` is a level of syslog(3). `release` and `pid` are of lines of the journal alone."""

    host: str
    time: str
    app: str
    source: Literal["app", "systemd", "access", "error"]
    release: NotRequired[str]
    pid: NotRequired[int | None]
    priority: int
    text: str


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


def unanswered(document: Any, **known: Any) -> dict[str, Any]:
    """What the entry of a host that gave no answer has beside its name and the error."""
    return {name: known.get(name) for name in document.__annotations__ if name not in ("host", "error")}
