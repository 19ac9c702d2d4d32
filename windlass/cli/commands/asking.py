"""What commands share that only ask: every host gets one question at the same time, and the answers are shown."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from windlass.errors import HostError
from windlass.output.interrupt import results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rich.table import Table
    from rich.text import Text

    from windlass.agent.wire import Message
    from windlass.cli.commands.hosts import Selection
    from windlass.host import Host
    from windlass.project import Project
    from windlass.run.transport import Session

    Answer = dict[str, Any]

# Where nobody watches, lines are not cut to the width of a terminal (characters).
WIDE = 240


def ask(
    project: Project, selection: Selection, hosts: list[Host], question: Callable[[Host], Message], empty: Answer
) -> list[Answer]:
    """The answers in the order of the hosts: `{"host", "error": None}` and what the agent told.

    Of a host that gave none, `{"host", "error": why}` and what `empty` has.
    """

    def answer(host: Host, session: Session) -> Answer:
        told: list[Message] = []
        session.ask(question(host), {}, told.append)
        return {name: told[0][name] for name in told[0] if name != "type"}

    return meet(project, selection, hosts, answer, empty)


def meet(
    project: Project, selection: Selection, hosts: list[Host], answer: Callable[[Host, Session], Answer], empty: Answer
) -> list[Answer]:
    """The same with what `answer` makes of each host while its agent is there."""
    from windlass.run.run import reached

    def meet_one(host: Host) -> Answer:
        try:
            with reached(host, selection.connecting(), _say, project.connection) as session:
                return {"host": host.name, "error": None, **answer(host, session)}
        except HostError as error:
            return {"host": host.name, "error": str(error), **empty}

    return results(meet_one, hosts, selection.forks)


def show(answers: list[Answer], parts: Callable[[Any], Iterable[str | Table]], *, as_json: bool) -> None:
    """Prints the answers: as one JSON document, or each by its parts."""
    if as_json:
        click.echo(json.dumps({"hosts": answers}, indent=2))
        return
    for answer in answers:
        if answer["error"]:
            click.echo(f"{answer['host']}  {click.style('failed', fg='red')}  {answer['error']}")
            continue
        for part in parts(answer):
            if isinstance(part, str):
                click.echo(part)
            else:
                _print(part)


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


def _say(text: str) -> None:
    click.echo(text, err=True)
