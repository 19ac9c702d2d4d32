"""`deploy.py deploy HOST...`: new code on hosts that are provisioned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from windlass.cli.commands.converge import converge, converging, rolling

if TYPE_CHECKING:
    from windlass.project import Project

ROLES = frozenset({"app", "venv", "release"})


@click.command()
@converging
@rolling
@click.pass_obj
def deploy(project: Project, /, app: str | None, **options: Any) -> int:
    """Deploy the apps' current code; requests go on being answered by the old release until the new one is healthy."""
    from windlass.run.plan import Roles

    return converge(project, "deploy", Roles(app, tags=ROLES, project=project.project), **options)
