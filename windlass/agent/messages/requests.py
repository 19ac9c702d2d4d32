"""What the control machine asks of an agent.

While the agent is at it, two more come, each with a body: `content` is what it wanted, or what its program reads;
`login` says why a second login does not work, empty = it does.
"""

from __future__ import annotations

from typing import Any, Literal, Optional, TypedDict, Union

from windlass.agent.messages.checked import Count, Lines, Moment, checked


class CatalogEntry(TypedDict):
    """A resource: `kind` is MODULE:CLASS, `fields` are its own, `notify` names of others; `app` None = of the host."""

    kind: str
    app: Optional[str]
    fields: dict[str, Any]
    notify: list[str]


class ToAudit(TypedDict):
    """For the audit: `who` asks, by which `command`."""

    who: Lines
    command: Lines


class Places(TypedDict, total=False):
    """Folders of the host, where they are not the usual ones: that of the audit, and that of the apps."""

    log: str
    homes: str


class Converge(ToAudit, Places):
    """Bring the catalog about, or with `check` say what would change; `diff` wants patches.

    `state` is the agent's own folder; `whole` = the catalog is all that the host shall have; `own_kinds` are sources of
    the project's own kinds, by the names of their modules.
    """

    type: Literal["converge"]
    check: bool
    diff: bool
    whole: bool
    state: str
    catalog: list[CatalogEntry]
    own_kinds: dict[str, Lines]


class AppQuestion(TypedDict):
    """An app to look at; `tls` is the mode of its settings."""

    name: str
    domains: list[str]
    health_path: str
    tls: str


class AskStatus(TypedDict):
    """How are the host and these apps?"""

    type: Literal["status"]
    apps: list[AppQuestion]


class AskEnvironments(TypedDict):
    """Fingerprints, by a key in hex, of the environments of the current releases of these apps."""

    type: Literal["environments"]
    apps: list[str]
    key: str


class AskReleases(Places):
    """Which releases have these apps?"""

    type: Literal["releases"]
    apps: list[str]


class AskAudit(Places):
    """The newest `count` runs; with `app`, those that were about it."""

    type: Literal["audit"]
    count: Count
    app: Optional[str]


class AskLogs(TypedDict):
    """The newest `count` lines of these apps that match `grep`, none older than `since`; see `logs.tell`."""

    type: Literal["logs"]
    apps: list[str]
    nginx: bool
    count: Count
    since: Moment
    grep: Optional[str]
    follow: bool
    probes: bool


class TerminalSize(TypedDict):
    """The operator's terminal; `kind` is its $TERM."""

    rows: Count
    columns: Count
    kind: str


class RunProgram(ToAudit, Places):
    """Run a program in an app's current release; see `oneoff.run`."""

    type: Literal["run"]
    app: str
    argv: list[Lines]
    input: bool
    terminal: Optional[TerminalSize]


Request = Union[Converge, AskStatus, AskEnvironments, AskReleases, AskAudit, AskLogs, RunProgram]
REQUESTS: dict[str, Any] = {
    "audit": AskAudit,
    "converge": Converge,
    "environments": AskEnvironments,
    "logs": AskLogs,
    "releases": AskReleases,
    "run": RunProgram,
    "status": AskStatus,
}


def request(message: dict[str, Any]) -> Request:
    """A message as what is asked. Raises Malformed."""
    head: Asked = checked(Asked, message)
    asked: Request = checked(REQUESTS[head["type"]], message)
    return asked


class Asked(TypedDict):
    """What every request has."""

    type: Literal["audit", "converge", "environments", "logs", "releases", "run", "status"]
