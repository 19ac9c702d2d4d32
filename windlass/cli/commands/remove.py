"""`deploy.py remove HOST --app NAME`: an app leaves a host."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from windlass.cli.commands.converge import converge, converging
from windlass.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from windlass.host import Host
    from windlass.project import Project


@click.command()
@converging
@click.option("--purge", is_flag=True, help="Its data, its last release and its user go, too.")
@click.option("--yes", is_flag=True, help="Do not ask for the app's name.")
@click.pass_obj
def remove(project: Project, /, app: str | None, purge: bool, yes: bool, **options: Any) -> int:
    """Take an app off hosts: its site, processes, certificate and older releases.

    Its data and its last release stay until --purge, so that provision can bring it back. The app's lines in the
    inventory are yours to take out; an app that has none there any more can be removed all the same.
    """
    from windlass.run.plan import Removals

    name = _checked(app)
    hosts = project.hosts(options["hosts"], options["limit"], lambda words: None)  # `converge` tells
    if not (yes or options["check"]):
        _confirm(name, hosts, purge=purge)
    status = converge(project, "remove", Removals(name, purge=purge), **options)
    still = [host for host in hosts if name in host.settings.apps]
    if status == 0 and still and not options["check"]:
        place = project.inventory().variables_of(still[0].name)["apps"].place_of_key((name,))
        click.echo(f"{place}: take the lines of {name} out, or the next provision brings it back", err=True)
    return status


def _checked(app: str | None) -> str:
    """The app's name. Raises UsageError: what is not one could be a folder of somebody else's."""
    from pydantic import TypeAdapter, ValidationError

    from windlass.settings.reserved import not_reserved
    from windlass.settings.words import AppName

    if app is None:
        raise UsageError("which app? --app NAME", hint="./deploy.py status HOST shows what is there.")
    try:
        return not_reserved(TypeAdapter(AppName).validate_python(app))
    except (ValueError, ValidationError):
        raise UsageError(f"--app {app!r} is no name of an app") from None


def _confirm(name: str, hosts: Sequence[Host], *, purge: bool) -> None:
    if not sys.stdin.isatty():
        raise UsageError("nobody answers whether to remove it", hint="--yes says so on the command line.")
    what = "with all its data" if purge else "its data stays"
    click.echo(f"{name} goes from {', '.join(host.name for host in hosts)}; {what}.", err=True)
    if click.prompt("Type its name to go on", default="", show_default=False, err=True) != name:
        raise UsageError("that is not its name: nothing is removed")
