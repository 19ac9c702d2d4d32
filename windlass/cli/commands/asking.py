"""What commands share that only ask: every host gets one question at the same time, and the answers are shown."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from windlass.cli.commands.hosts import tell
from windlass.errors import AgentError, HostError
from windlass.output.answer_document import unanswered
from windlass.output.interrupt import results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from rich.table import Table
    from rich.text import Text

    from windlass.agent.messages.answers import Event
    from windlass.agent.messages.requests import AskAudit, AskEnvironments, AskReleases, AskStatus
    from windlass.cli.commands.hosts import Selection
    from windlass.host import Host
    from windlass.project import Project
    from windlass.run.transport import Session

    Question = AskAudit | AskEnvironments | AskReleases | AskStatus

D = TypeVar("D")

# Where nobody watches, lines are not cut to the width of a terminal (characters).
WIDE = 240


# What a host may take to answer, beside what each of its apps may (seconds), and say (bytes).
PATIENCE, FOR_EACH_APP, LARGEST = 120, 10, 16 * 1024 * 1024


def ask(
    project: Project, selection: Selection, hosts: list[Host], question: Callable[[Host], Question], document: type[D]
) -> list[D]:
    """The answers in the order of the hosts, as documents: what the agent told, with "host" and "error", None.

    Of a host that gave none, "error" says why, and the others are empty.
    """

    def answer(host: Host, session: Session) -> Mapping[str, object]:
        told = answered(session, question(host), len(host.settings.apps))
        return {name: value for name, value in told.items() if name != "type"}

    return meet(project, selection, hosts, answer, document)


def answered(session: Session, question: Question, apps: int) -> Event:
    """What one agent tells that is asked, of a host with so many apps. Raises HostError."""
    from windlass.run.incoming import Budget

    told: list[Event] = []

    def take(event: Event) -> None:
        if event["type"] != question["type"] or told:
            raise AgentError(f"the agent said {event['type']!r}")
        told.append(event)

    session.ask(question, {}, take, Budget(PATIENCE + FOR_EACH_APP * apps, LARGEST))
    if not told:
        raise AgentError("the agent ended without an answer")
    return told[0]


def meet(
    project: Project,
    selection: Selection,
    hosts: list[Host],
    answer: Callable[[Host, Session], Mapping[str, object]],
    document: type[D],
) -> list[D]:
    """The same with what `answer` makes of each host while its agent is there."""
    from windlass.run.run import reached

    def meet_one(host: Host) -> D:
        try:
            with reached(host, selection.connecting(), tell, project.connection) as session:
                made = {"host": host.name, "error": None, **answer(host, session)}
        except HostError as error:
            made = {"host": host.name, "error": str(error), **unanswered(document)}
        return cast("D", made)

    return results(meet_one, hosts, selection.forks)


def show(answers: Sequence[Any], parts: Callable[[Any], Iterable[str | Table]], *, as_json: bool) -> int:
    """Prints the answers: as one JSON document, or each by its parts; gives back the exit status: 1 = a host failed."""
    if as_json:
        click.echo(json.dumps({"hosts": answers}, indent=2))
    for answer in () if as_json else answers:
        if answer["error"]:
            click.echo(f"{answer['host']}  {click.style('failed', fg='red')}  {answer['error']}")
            continue
        for part in parts(answer):
            if isinstance(part, str):
                click.echo(part)
            else:
                _print(part)
    return 1 if any(answer["error"] for answer in answers) else 0


def table(first: str, *columns: str) -> Table:
    """A table without lines; where there is too little room, all columns but the first are folded."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="")
    made.add_column(first, no_wrap=True)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def plain(words: str, colour: str = "") -> Text:
    """Words for a cell of a table, in which nothing is taken for markup."""
    from rich.text import Text

    return Text(words, colour)


def _print(table: Table) -> None:
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else WIDE, highlight=False).print(table)
