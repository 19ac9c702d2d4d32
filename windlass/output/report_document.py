"""The JSON document of `provision`, `deploy` and `rollback` with --json; keys are only ever added.

When nothing could be begun, `error` says why, `hosts` is empty, and `command` and `check` are null.
"""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict  # which pydantic reads on Python 3.11, too

Drift = Literal["changed by hand", "pending", "conflict"]


class ResourceDocument(TypedDict):
    """What became of one resource.

    `diff` has [before, after] by attribute, `exists` among them when it was made or removed; `patch` is a unified diff,
    with --diff only; `seconds` is its time on the host; `hint` what to do about a failure, whose reason is `message`;
    `notes` are facts of its kind, e.g. `release`, `steps` and `traffic` of a release; `app` None = of the whole host.
    """

    role: str
    app: str | None
    resource: str
    status: Literal["ok", "changed", "failed", "skipped", "unknown"]
    drift: Drift | None
    diff: dict[str, list[Any]]
    patch: str
    refreshed: bool
    message: str
    hint: str | None
    notes: dict[str, Any]
    seconds: float


class HostDocument(TypedDict):
    """One host: what became of it as a whole, numbers of resources, and each of them in order.

    With --check `changed` are those that would change. `sent` are bytes over SSH; `error` None = it was reached, and
    did what it was asked.
    """

    host: str
    status: Literal["ok", "changed", "failed"]
    changed: int
    ok: int
    failed: int
    skipped: int
    unknown: int
    drift: dict[Drift, int]  # of those that changed
    seconds: float
    execs: int
    sent: int
    error: str | None
    left_over: list[str]  # apps that are served, and not in the inventory
    resources: list[ResourceDocument]


class Document(TypedDict):
    """A run; `windlass` is the version, `command` as it is recorded on the hosts."""

    windlass: str
    command: str | None
    check: bool | None
    error: str | None
    hosts: list[HostDocument]
