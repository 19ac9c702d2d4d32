"""What became of one host in a run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from windlass.agent.messages.answers import Notes

if TYPE_CHECKING:
    from windlass.errors import WindlassError


@dataclass
class Result:
    """What the agent said of one resource; `status` is ok, changed, failed, skipped or unknown, `seconds` its time.

    `drift` says how what changed came to differ: "changed by hand", "pending" (the inventory did), "conflict" (both);
    None = not told, e.g. on a host where Windlass has recorded nothing yet.
    """

    role: str
    app: str | None
    resource: str
    status: str
    seconds: float
    diff: dict[str, list[Any]] = field(default_factory=dict)
    patch: str = ""
    refreshed: bool = False
    drift: str | None = None
    message: str = ""
    hint: str | None = None
    notes: Notes = field(default_factory=Notes)
    traceback: str = ""


@dataclass(frozen=True)
class Progress:
    """What a resource does while it is being applied; `text` empty = it has begun, `whole` = it stays in sight."""

    role: str
    app: str | None
    resource: str
    text: str = ""
    whole: bool = False


@dataclass
class Outcome:
    """One host: results in order, wall time in seconds, SSH execs used, bytes sent; `error` None = it was reached.

    `plain` are the URLs of apps that are served without TLS, because the inventory says so; `left_over` are apps that
    are served there and gone from the inventory.
    """

    host: str
    plain: list[str] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    seconds: float = 0.0
    execs: int = 0
    sent: int = 0
    error: WindlassError | None = None
    left_over: list[str] = field(default_factory=list)

    @property
    def counts(self) -> Counter[str]:
        """How many resources are ok, changed, failed, skipped, unknown."""
        return Counter(result.status for result in self.results)

    @property
    def drift(self) -> Counter[str]:
        """How many of them were changed by hand, are pending, or are in conflict."""
        return Counter(result.drift for result in self.results if result.drift)

    @property
    def notes(self) -> list[Notes]:
        """What resources have to say to the summary, e.g. URL and expiry of a certificate."""
        remove = f"./deploy.py remove {self.host} --app"
        notes = [result.notes for result in self.results if result.notes]
        notes += [{"url": url} for url in self.plain]
        left = [f"{app} is served, and not in the inventory: {remove} {app}" for app in self.left_over]
        warnings: list[Notes] = [{"warning": words} for words in left]
        return [*notes, *warnings]

    def broken(self, apps: set[str]) -> set[str]:
        """Which of the host's apps have failed: all of them, if the host has."""
        failed = {result.app for result in self.results if result.status == "failed"}
        return apps if self.error or None in failed else {app for app in failed if app}

    def switched(self) -> dict[str, str]:
        """The apps whose traffic has changed hands, each with the release that it could go back to."""
        before = {result.app: result.notes.get("before") for result in self.results if result.status == "changed"}
        return {app: release for app, release in before.items() if app and release}

    def take_back(self, other: Outcome) -> None:
        """Adds what became of the way back."""
        self.results += other.results
        self.seconds += other.seconds
        self.execs += other.execs
        self.sent += other.sent
        self.error = self.error or other.error

    @property
    def exit_status(self) -> int:
        """0 done, 1 the host failed, 2 what it was asked for was wrong."""
        if self.error:
            return self.error.exit_status
        return 1 if self.counts["failed"] else 0
