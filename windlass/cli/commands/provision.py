"""`deploy.py provision HOST...`: a bare host becomes production; a finished one stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from windlass.cli.commands.converge import converge, converging, rolling
from windlass.cli.commands.roles import choosing_roles, chosen_roles

if TYPE_CHECKING:
    from windlass.project import Project


@click.command()
@converging
@rolling
@choosing_roles
@click.option(
    "--app-source",
    metavar="SOURCE",
    help="For a host of the lab: your own app, a folder or a git URL, in place of what is there; kept for later runs.",
)
@click.option("--wsgi", metavar="MODULE:APP", help="With --app-source: the app in the code, where there are several.")
@click.pass_obj
def provision(
    project: Project,
    /,
    tags: frozenset[str],
    skip_tags: frozenset[str],
    start_at: str | None,
    app: str | None,
    app_source: str | None,
    wsgi: str | None,
    **options: Any,
) -> int:
    """Bring hosts to what the inventory and the roles say; run again, nothing changes.

    HOST is a host, a group or a pattern of the inventory (web, web:&eu, 'all:!db', 'web*').
    """
    if app_source:
        from windlass.cli.commands.lab_app import put

        put(project, options["hosts"], app_source, wsgi)
    roles = chosen_roles(project.project, tags, skip_tags, start_at)
    from windlass.run.plan import Roles

    return converge(project, "provision", Roles(app, tags=roles, project=project.project), **options)
