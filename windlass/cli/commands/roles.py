"""Which roles a run is about: `--tags`, `--skip-tags` and `--start-at`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from windlass.cli import completion
from windlass.cli.commands.options import options
from windlass.cli.role_names import all_roles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from windlass.cli.commands.options import Option


def _names(context: click.Context, parameter: click.Parameter, value: str | None) -> frozenset[str]:
    """The roles that an option lists. Raises BadParameter for an unknown one."""
    if value is None or context.resilient_parsing:
        return frozenset()
    names = [name.strip() for name in value.split(",")]
    for name in names:
        _check(name, context.obj.project)
    return frozenset(names)


def _name(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not context.resilient_parsing:
        _check(value, context.obj.project)
    return value


def _check(name: str, project: Path) -> None:
    from windlass.inventory.problems import nearest

    known = all_roles(project)
    if name not in known:
        near = nearest(name, known, cutoff=0.5)
        words = f"Did you mean {near!r}?" if near else f"There are: {', '.join(known)}."
        raise click.BadParameter(f"no role {name!r}. {words}")


def _option(name: str, metavar: str, callback: Callable[..., object], words: str) -> Option:
    return click.option(name, metavar=metavar, callback=callback, shell_complete=completion.roles, help=words)


# Adds the options; `chosen_roles` takes their values.
choosing_roles = options(
    _option("--tags", "ROLE[,ROLE]", _names, "Only these roles."),
    _option("--skip-tags", "ROLE[,ROLE]", _names, "All but these roles."),
    _option("--start-at", "ROLE", _name, "Only this role and those after it."),
)


def chosen_roles(
    project: Path, tags: frozenset[str], skip_tags: frozenset[str], start_at: str | None
) -> frozenset[str] | None:
    """The roles that the options leave, None = all. Raises UsageError when they leave none."""
    if not (tags or skip_tags or start_at):
        return None
    known = all_roles(project)
    after = known[known.index(start_at) :] if start_at else known
    left = frozenset(after) & (tags or frozenset(known)) - skip_tags
    if not left:
        given = [("--tags", tags), ("--skip-tags", skip_tags), ("--start-at", start_at)]
        raise click.UsageError(
            f"{' and '.join(option for option, value in given if value)} leave none of the roles {', '.join(known)}."
        )
    return left
