"""`deploy.py releases HOST...`: the releases of each app on hosts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from windlass.cli import completion
from windlass.cli.commands import figures
from windlass.cli.commands.asking import ask, plain, show, table
from windlass.cli.commands.hosts import Selection, on_hosts
from windlass.output.answer_document import ReleasesDocument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from windlass.agent.messages.requests import AskReleases
    from windlass.host import Host
    from windlass.project import Project

COLOURS = {"current": "green", "failed": "red"}


@click.command()
@on_hosts
@click.option("--app", metavar="NAME", shell_complete=completion.apps, help="Only this app of each host.")
@click.pass_obj
def releases(project: Project, /, app: str | None, **options: Any) -> int:
    """Show each app's releases, newest first: when and by whom, from which commit, in which state, how large."""
    selection = Selection(**options)
    hosts = selection.chosen(project)
    apps = {host.name: host.app_names(app) for host in hosts}

    def question(host: Host) -> AskReleases:
        return {"type": "releases", "apps": apps[host.name]}

    answers = ask(project, selection, hosts, question, ReleasesDocument)
    return show(answers, _parts, as_json=selection.as_json)


def _parts(answer: ReleasesDocument) -> Iterator[str | Table]:
    for app in answer["apps"]:
        head = f"{answer['host']}  {app['name']}"
        if not app["releases"]:
            yield f"{head}  {click.style('not deployed', fg='yellow')}"
            continue
        yield head
        rows = table("release", "age", "who", "commit", "size", "state")
        for release in app["releases"]:
            age = figures.span(time.time() - release["created"])
            commit = figures.commit(release["commit"], dirty=release["dirty"])
            state = "current" if release["current"] else release["state"]
            cells = (release["id"], age, release["who"], commit, figures.size(release["size"]))
            rows.add_row(*map(plain, cells), plain(state, COLOURS.get(state, "")))
        yield rows
        yield from (f"{each['id']} failed: {each['reason']}" for each in app["releases"] if each["reason"])
    if not answer["apps"]:
        yield f"{answer['host']}  has no apps"
