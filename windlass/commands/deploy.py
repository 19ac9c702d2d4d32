"""`deploy.py deploy HOST...`: new code on hosts that are provisioned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from windlass.commands.converge import converge, converging

if TYPE_CHECKING:
    from windlass.project import Project

ROLES = frozenset({"app", "venv", "release"})


@click.command()
@converging
@click.pass_obj
def deploy(project: Project, /, **options: Any) -> int:
    """Deploy the apps' current code; requests go on being answered by the old release until the new one is healthy."""
    return converge(project, "deploy", tags=ROLES, **options)
