"""`deploy.py facts HOST...`: what hosts are, as their agents say hello with it."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from dataclasses import asdict
from itertools import accumulate
from typing import TYPE_CHECKING, Any, cast

import click

from windlass.agent.messages.documents import HostFacts
from windlass.cli.commands.asking import meet
from windlass.cli.commands.hosts import Selection, on_hosts
from windlass.output.answer_document import FactsDocument

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from windlass.host import Host
    from windlass.project import Project
    from windlass.run.transport import Session

COLUMNS = ("host", "system", "arch", "kernel", "Python", "CPUs", "memory", "addresses")
RIGHT = ("CPUs", "memory")


@click.command()
@on_hosts
@click.pass_obj
def facts(project: Project, /, **options: Any) -> int:
    """Show what hosts are: system, kernel, Python, CPUs, memory, addresses; --json has all that is known of them."""
    selection = Selection(**options)
    answers = meet(project, selection, selection.chosen(project), _facts, FactsDocument)
    if selection.as_json:
        click.echo(json.dumps({"hosts": answers}, indent=2))
    else:
        for answer in answers:
            if answer["error"]:
                click.echo(f"{answer['host']}  {click.style('failed', fg='red')}  {answer['error']}", err=True)
        known = [cast("_Answer", answer) for answer in answers if not answer["error"]]
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
        click.echo("".join(f"{line}\n" for line in table(known, width)), nl=False)
    return 1 if any(answer["error"] for answer in answers) else 0


def _facts(host: Host, session: Session) -> Mapping[str, object]:
    assert host.facts  # noqa: S101 - they came with the session
    return asdict(host.facts)


class _Answer(HostFacts):
    """What a host has told."""

    host: str


def table(answers: Sequence[_Answer], width: int = sys.maxsize) -> list[str]:
    """A line per host below the names of the columns, and the columns that do not fit below that; no line for no host.

    `width` is in characters; only a word that is longer is not kept to it.
    """
    if not answers:
        return []
    rows = [COLUMNS, *(_row(answer) for answer in answers)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    fitting = sum(end <= width for end in accumulate(widths, lambda end, column: end + 2 + column)) or 1
    lines = []
    for row in rows:
        cells = zip(COLUMNS, row, widths, strict=True)
        padded = [f"{cell:>{column}}" if name in RIGHT else f"{cell:{column}}" for name, cell, column in cells]
        lines.append("  ".join(padded[:fitting]).rstrip())
        if row is not COLUMNS:
            lines += _below(zip(COLUMNS[fitting:], row[fitting:], strict=True), width)
    return lines


def _below(cells: Iterable[tuple[str, str]], width: int) -> list[str]:
    words = ", ".join(f"{name} {cell}" for name, cell in cells)
    return textwrap.wrap(
        words, width, initial_indent="  ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def _row(answer: _Answer) -> tuple[str, ...]:
    # Not every system has a version or a code name (sid).
    system = " ".join(filter(None, (answer["os"], answer["os_version"], answer["codename"])))
    memory = f"{answer['memory'] / 2**30:.1f} GiB"
    addresses = " ".join(answer["addresses"]) or "none"
    alone = (answer["arch"], answer["kernel"], answer["python"], str(answer["cpus"]))
    return (answer["host"], system if answer["systemd"] else f"{system} (no systemd)", *alone, memory, addresses)
