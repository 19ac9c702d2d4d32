"""`deploy.py provision HOST...`: a bare host becomes production; a finished one stays as it is."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import click

from windlass.commands.converge import converge, converging, rolling

if TYPE_CHECKING:
    from windlass.project import Project


@click.command()
@converging
@rolling
@click.option("--tags", metavar="ROLE[,ROLE]", help="Only these roles.")
@click.pass_obj
def provision(project: Project, /, tags: str | None, app: str | None, **options: Any) -> int:
    """Bring hosts to what the inventory and the roles say; run again, nothing changes.

    HOST is a host, a group or a pattern of the inventory (web, web:&eu, 'all:!db', 'web*').
    """
    from windlass.plan import Roles

    return converge(project, "provision", Roles(app, tags=_roles(tags), project=project.project), **options)


def _roles(tags: str | None) -> frozenset[str] | None:
    if tags is None:
        return None
    from windlass.run import known_tags

    known = known_tags()
    chosen = [tag.strip() for tag in tags.split(",")]
    for tag in chosen:
        if tag not in known:
            near = difflib.get_close_matches(tag, known, 1, 0.5)
            question = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(known)}."
            raise click.BadParameter(f"no role {tag!r}. {question}", param_hint="--tags")
    return frozenset(chosen)
