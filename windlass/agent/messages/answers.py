"""What an agent tells the control machine."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Optional, TypedDict, Union

from windlass.agent.messages.checked import Count, Lines, Malformed, Moment, Pair, Span, Words, checked
from windlass.agent.messages.documents import AppReleases, HostFacts, HostStatus, RunEntry, Traffic

Status = Literal["ok", "changed", "failed", "skipped", "unknown"]
Drift = Literal["changed by hand", "pending", "conflict"]


class Hello(TypedDict):
    """The first message."""

    type: Literal["hello"]
    facts: HostFacts


class Started(TypedDict):
    """Resource number `id` of the catalog is being applied; these attributes differ."""

    type: Literal["started"]
    id: Count
    diff: list[str]


class Progress(TypedDict):
    """What it does now; `whole` = it shall stay in sight."""

    type: Literal["progress"]
    id: Count
    text: str
    whole: bool


class Finishing(TypedDict):
    """The control machine is gone, and this cannot be cut off."""

    type: Literal["finishing"]
    id: Count
    text: str


class Notes(TypedDict, total=False):
    """What a resource has to say to the summary; a release and a certificate what is here, others words."""

    app: str
    release: str
    commit: str
    dirty: bool
    before: str
    steps: dict[str, Union[Span, str]]
    traffic: Traffic
    page: str
    url: str
    expires: str
    issuer: str
    warning: Lines


Notes.__extra_items__ = Union[Lines, Any]  # type: ignore[attr-defined]


class Finding(TypedDict, total=False):
    """What is told of a resource where there is something to tell, as `Result` of `windlass/output/outcome.py`."""

    diff: dict[str, Pair]
    patch: Lines
    refreshed: bool
    drift: Optional[Drift]
    message: Lines
    hint: Optional[Lines]
    notes: Notes
    traceback: Lines


class Result(Finding):
    """What became of a resource."""

    type: Literal["result"]
    id: Count
    status: Status
    seconds: Span


class LeftOver(TypedDict):
    """Apps that are served, and that a catalog of all that the host must have does not have."""

    type: Literal["left_over"]
    apps: list[str]


class Warned(TypedDict):
    """A sentence for the user."""

    type: Literal["warning"]
    text: Lines


class Refused(TypedDict):
    """What was asked for cannot be done."""

    type: Literal["refused"]
    reason: Lines


class Want(TypedDict):
    """A content of the catalog is needed."""

    type: Literal["want"]
    sha256: str


class LogIn(TypedDict):
    """A second login shall be tried."""

    type: Literal["login"]


class Bye(TypedDict):
    """The last message."""

    type: Literal["bye"]


class StatusTold(HostStatus):
    """How the host is."""

    type: Literal["status"]


class Environments(TypedDict):
    """Fingerprints of the values by name, of each app; None = it has no release."""

    type: Literal["environments"]
    apps: dict[str, Optional[dict[str, str]]]


class ReleasesTold(TypedDict):
    """The releases of apps."""

    type: Literal["releases"]
    apps: list[AppReleases]


class AuditTold(TypedDict):
    """Runs, oldest first."""

    type: Literal["audit"]
    entries: list[RunEntry]


class OfRelease(TypedDict, total=False):
    """What a line of the journal has beside."""

    release: str
    pid: Optional[Count]


class LogEntry(OfRelease):
    """A line of a log; `priority` is a level of syslog(3)."""

    time: Moment
    app: str
    source: Literal["app", "systemd", "access", "error"]
    priority: Literal[0, 1, 2, 3, 4, 5, 6, 7]
    text: Lines


class Line(LogEntry):
    """The same, told."""

    type: Literal["line"]


class Shown(TypedDict):
    """All lines that were there are told; `cut` = there may be older ones."""

    type: Literal["shown"]
    cut: bool


class Output(TypedDict):
    """What a program says on stream 1 or 2, in base64."""

    type: Literal["output"]
    stream: Literal[1, 2]
    data: Lines


class More(TypedDict):
    """So many more pieces of input may be sent."""

    type: Literal["more"]
    pieces: Annotated[int, (1, 1000)]


class Ended(TypedDict):
    """The program has ended with this exit status."""

    type: Literal["ended"]
    status: Annotated[int, (-255, 255)]


# What one who asks is given; the others are for the conversation itself.
Event = Union[
    Started, Progress, Finishing, Result, LeftOver, StatusTold, Environments, ReleasesTold, AuditTold, Line, Shown,
    Output, More, Ended,
]  # fmt: skip
Answer = Union[Event, Hello, Warned, Refused, Want, LogIn, Bye]
ANSWERS: dict[str, Any] = {
    "audit": AuditTold,
    "bye": Bye,
    "ended": Ended,
    "environments": Environments,
    "finishing": Finishing,
    "hello": Hello,
    "left_over": LeftOver,
    "line": Line,
    "login": LogIn,
    "more": More,
    "output": Output,
    "progress": Progress,
    "refused": Refused,
    "releases": ReleasesTold,
    "result": Result,
    "shown": Shown,
    "started": Started,
    "status": StatusTold,
    "want": Want,
    "warning": Warned,
}


def answer(message: dict[str, Any], words: Words) -> Answer:
    """A message as what is told, its texts by `words`. Raises Malformed."""
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in ANSWERS:
        raise Malformed(f"is of no type that is known: {ascii(kind)[:60]}")
    try:
        told: Answer = checked(ANSWERS[kind], message, words)
    except Malformed as fault:
        raise fault.within(kind) from None
    return told
