"""What an agent tells of a host, its apps, releases and runs; with --json it is printed as it came.

Sizes are in bytes, spans in seconds; times are seconds since the epoch, or UTC in ISO 8601.
"""

from __future__ import annotations

from typing import Literal, Optional, TypedDict

from windlass.agent.messages.checked import Count, Moment, Size, Span


class HostFacts(TypedDict):
    """What a host is, see `host.Facts`; `uid` is who the agent runs as."""

    os: str
    os_version: str
    codename: str
    arch: str
    python: str
    pythons: list[str]
    cpus: Size
    memory: Size
    addresses: list[str]
    ipv6: bool
    hostname: str
    systemd: bool
    kernel: str
    ssh_port: Optional[Count]
    ssh_ports: list[Count]
    name_servers: list[str]
    sudo_rs: bool
    uid: Count


class CertificateStatus(TypedDict, total=False):
    """The certificate of an app, see AppStatus."""

    certificate_kind: Optional[Literal["ca", "self-signed", "placeholder", "missing"]]
    certificate_issuer: Optional[str]
    certificate_until: Optional[Moment]
    certificate_late: Optional[bool]


class AppStatus(CertificateStatus):
    """An app right now; all but its name is null when it is not deployed.

    `workers_lost` have been killed, or have ended by themselves since its last restart, as those that hang do. `health`
    is ok, or what came instead; null = not asked, for it does not run. `visitors` are lines about what those meet who
    come to a domain and not to the app. A `certificate_kind` of null is plain HTTP; a placeholder is self-signed, where
    the inventory wants a CA's. `certificate_late`: it has expired, or is in its last week and the last quarter of its
    life. `advice` are settings that its release wants changed, in words.
    """

    name: str
    release: Optional[str]
    commit: Optional[str]
    dirty: Optional[bool]
    age: Optional[int]
    active: Optional[bool]
    workers: Optional[Count]
    memory: Optional[Count]
    restarts: Optional[Count]
    workers_lost: Optional[Count]
    health: Optional[str]
    advice: Optional[list[str]]
    visitors: Optional[list[str]]


class VitalSigns(TypedDict):
    """What a host needs to be told about, see `vitals`; `updates` are null when apt does not know."""

    updates: Optional[Count]
    security_updates: Optional[Count]
    failed_units: list[str]
    reboot: bool
    stale: dict[str, list[str]]


class HostStatus(VitalSigns):
    """A host right now; `stale` are replaced files by who runs them.

    `firewall` says whether the rules that Windlass has made are loaded; null when it has made none.
    """

    disk_used: Count
    disk_size: Size
    uptime: Span
    nginx: bool
    firewall: Optional[bool]
    apps: list[AppStatus]
    left_over: list[str]


class Traffic(TypedDict, total=False):
    """What visitors met while a release took over; {} = none came. `not_measured` says why it cannot be told.

    `cut` are requests that the old release had not answered after `drain_timeout`.
    """

    requests: Count
    failed: Count
    p95: Optional[Span]
    longest_gap: Span
    not_measured: str
    cut: Count


class ReleaseEntry(TypedDict):
    """A release; `previous` is the one it took over from, `reason` why it failed, "" = none."""

    id: str
    created: Moment
    who: str
    commit: Optional[str]
    dirty: bool
    state: Literal["new", "good", "failed"]
    current: bool
    previous: str
    reason: str
    traffic: Traffic
    size: Count


class AppReleases(TypedDict):
    """The releases of an app, newest first."""

    name: str
    releases: list[ReleaseEntry]


# The current release before and after.
Switch = TypedDict("Switch", {"from": Optional[str], "to": Optional[str]})

# A run; `status` is of the program that `run` ran.
RunEntry = TypedDict(
    "RunEntry",
    {
        "run": str,
        "time": str,
        "who": str,
        "login": str,
        "from": Optional[str],
        "command": str,
        "ended": Optional[str],
        "result": Literal["done", "failed", "refused", "interrupted", "unfinished"],
        "changed": Count,
        "failed": Count,
        "failures": list[str],
        "status": Optional[int],
        "seconds": Span,
        "apps": dict[str, Switch],
    },
)
