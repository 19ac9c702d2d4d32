"""`deploy.py deploy HOST...`: new code on hosts that are provisioned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from windlass.cli.commands.converge import converge, converging, rolling

if TYPE_CHECKING:
    from windlass.project import Project

# All that is of an app alone.
ROLES = frozenset({"app", "venv", "release", "site", "tls", "visitors"})


@click.command()
@converging
@rolling
@click.option(
    "--provision", is_flag=True, help="Provision the hosts as well, whole: those that are new, and all others."
)
@click.pass_obj
def deploy(project: Project, /, app: str | None, provision: bool, **options: Any) -> int:
    """Deploy the apps' current code; requests go on being answered by the old release until the new one is healthy.

    All that is of an app goes with it: its packages, its settings, its place in nginx, its certificate.
    """
    from windlass.run.plan import Roles

    tags = None if provision else ROLES
    plan = Roles(app, tags=tags, deploying=not provision, project=project.project)
    return converge(project, "deploy", plan, **options)
