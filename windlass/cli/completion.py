"""What a shell can complete on a command line: names of the inventory and of roles.

Somebody waits at the Tab key, so this imports as little as it can: no settings, no roles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass.cli.commands.trailing import TRAILING
from windlass.inventory.prefix import variable_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import click

    from windlass.inventory.files import Files
    from windlass.inventory.tree import Tree


def hosts(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Hosts and groups, also behind , and : and the ! and & of a pattern; none in another program's words."""
    if TRAILING in context.meta:
        return []
    at = max(map(incomplete.rfind, ",:")) + 1
    at += incomplete[at : at + 1] in ("!", "&")
    tree, _ = _read(_folder(context))
    groups = [name for name in tree.groups if name != "ungrouped"] if tree.hosts else []
    return _behind(incomplete[:at], incomplete[at:], dict.fromkeys([*groups, *tree.hosts]))


def apps(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Apps of all hosts, as far as they are not templates."""
    folder = _folder(context)
    tree, files = _read(folder)
    places = [*(group.variables for group in tree.groups.values()), *tree.hosts.values()]
    places += [files.variables_of(folder / "group_vars", name) for name in tree.groups]
    places += [files.variables_of(folder / "host_vars", name) for name in tree.hosts]
    names = [variable_of("apps", variables) for variables in places]
    found = [variables[name].value for variables, name in zip(places, names, strict=True) if name in variables]
    return _behind("", incomplete, sorted({name for apps in found if isinstance(apps, dict) for name in apps}))


def roles(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Roles, also behind a comma."""
    from windlass.cli.role_names import all_roles

    before, comma, last = incomplete.rpartition(",")
    return _behind(
        before + comma, last, [name for name in all_roles(_folder(context).parent) if name not in before.split(",")]
    )


def _behind(before: str, incomplete: str, names: Iterable[str]) -> list[str]:
    return [before + name for name in names if name.startswith(incomplete)]


def _folder(context: click.Context) -> Path:
    project: Path = context.find_root().params["project"]
    return project / "inventory"


def _read(folder: Path) -> tuple[Tree, Files]:
    """The groups and hosts of the project, read without checking: a fault in it must not take completion away."""
    from windlass.inventory.files import Files
    from windlass.inventory.problems import Problems
    from windlass.inventory.reader import Reader
    from windlass.inventory.tree import Tree

    tree = Tree()
    files = Files(folder.parent, Reader(tree, Problems()))
    files.read(folder)
    tree.settle()
    return tree, files
