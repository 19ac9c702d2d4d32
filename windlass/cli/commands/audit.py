"""`deploy.py audit HOST...`: who did what on hosts, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from windlass.cli import completion
from windlass.cli.commands.asking import ask, show
from windlass.cli.commands.hosts import Selection, on_hosts
from windlass.output.answer_document import AuditDocument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.agent.messages.documents import RunEntry
    from windlass.agent.messages.requests import AskAudit
    from windlass.project import Project

COLOURS = {"done": "green", "failed": "red"}


@click.command()
@on_hosts
@click.option(
    "-n", "--last", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many runs of each host."
)
@click.option("--app", metavar="NAME", shell_complete=completion.apps, help="Only runs that were about this app.")
@click.pass_obj
def audit(project: Project, /, last: int, app: str | None, **options: Any) -> int:
    """Show what could change a host, the newest last: when, who and from where, what, and with what result.

    Of `run` the program is shown, without its arguments, which may be secrets.
    """
    selection = Selection(**options)
    hosts = selection.chosen(project)
    for host in hosts:
        host.app_names(app)
    question: AskAudit = {"type": "audit", "count": last, "app": app}
    answers = ask(project, selection, hosts, lambda host: question, AuditDocument)
    return show(answers, _parts, as_json=selection.as_json)


def _parts(answer: AuditDocument) -> Iterator[str]:
    if not answer["entries"]:
        yield f"{answer['host']}  no run is written down"
        return
    yield answer["host"]
    for entry in answer["entries"]:
        when = entry["time"].rstrip("Z").replace("T", " ")
        result = click.style(entry["result"], fg=COLOURS.get(entry["result"], "yellow"))
        seconds = f" {entry['seconds']:.1f} s" if entry["ended"] else ""
        yield f"  {when} UTC  {result}{seconds}  {_who(entry)}"
        yield from (f"    {line}" for line in _what(entry))


def _who(entry: RunEntry) -> str:
    login = "" if entry["login"] == "root" else f" as {entry['login']}"
    return f"{entry['who']}{login}{' from ' if entry['from'] else ''}{entry['from'] or ''}"


def _what(entry: RunEntry) -> Iterator[str]:
    """The command, how many resources were changed, or how its program ended, and what failed; then what was switched.

    A line for each app of which another release took over.
    """
    words = [entry["command"]]
    if entry["status"] is not None:
        words.append(f"exit status {entry['status']}")
    elif entry["ended"]:
        words.append(f"{entry['changed']} changed")
    yield "; ".join([*words, *([f"failed: {', '.join(entry['failures'])}"] if entry["failures"] else [])])
    for app, release in entry["apps"].items():
        if release["from"] != release["to"]:
            yield f"{app} {release['from'] or 'nothing'} -> {release['to'] or 'nothing'}"
