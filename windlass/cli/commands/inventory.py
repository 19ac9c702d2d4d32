"""`deploy.py inventory`: the groups, hosts and variables as Windlass reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from windlass.cli import completion
from windlass.cli.commands.hosts import tell
from windlass.cli.commands.vault import with_vault
from windlass.errors import UsageError

if TYPE_CHECKING:
    from windlass.inventory.inventory import Inventory
    from windlass.project import Project


@click.command()
@click.option("--graph", "form", flag_value="graph", default=True, help="Draw groups and hosts (the default).")
@click.option("--list", "form", flag_value="list", help="Groups, hosts and their variables as JSON.")
@click.option(
    "--host",
    "name",
    metavar="HOST",
    shell_complete=completion.hosts,
    help="The merged variables of one host, and where each is set.",
)
@click.option(
    "--list-hosts",
    "pattern",
    metavar="PATTERN",
    shell_complete=completion.hosts,
    help="The hosts that a pattern means, one a line: those that a command would go to.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="JSON: --host as plain variables, --list-hosts as a list; else the same as --list.",
)
@with_vault
@click.pass_obj
def inventory(project: Project, /, form: str, name: str | None, pattern: str | None, as_json: bool) -> None:
    """Show the inventory, checked, as Windlass reads it; secret values are masked.

    The output has the shape of ansible-inventory's.
    """
    from windlass.inventory.listing import graph, listing

    found = project.inventory()
    for note in found.notes:
        tell(note)
    if pattern is not None:
        names = [host.name for host in found.select([pattern], tell=tell)]
        click.echo(json.dumps(names, indent=4) if as_json else "\n".join(names))
    elif name is not None:
        click.echo(_host(found, name, as_json=as_json))
    elif as_json or form == "list":
        click.echo(_json(listing(found)))
    else:
        click.echo(graph(found.tree))


def _host(inventory: Inventory, name: str, *, as_json: bool) -> str:
    from windlass.inventory.listing import host_listing

    hosts = inventory.names([name])
    if len(hosts) != 1:
        raise UsageError(
            f"--host takes one host, and {name!r} means {len(hosts)}", hint="./deploy.py inventory shows which"
        )
    variables = host_listing(inventory, hosts[0])
    if as_json:
        return _json(variables)
    import yaml

    places = {key: variable.place_of_key() for key, variable in inventory.variables_of(hosts[0]).items()}
    blocks = [
        f"# {places[key]}\n{yaml.safe_dump({key: value}, sort_keys=False, allow_unicode=True, width=110)}"
        for key, value in variables.items()
    ]
    groups = [group.name for group in inventory.tree.groups_of(hosts[0])]
    return "\n".join([f"# {hosts[0]} in {', '.join(groups)}", *blocks]).rstrip()


def _json(found: object) -> str:
    return json.dumps(_with_text_keys(found), indent=4, default=str, ensure_ascii=False)


def _with_text_keys(value: Any) -> Any:
    """The value with its keys as JSON has them, in order: 404 and "a" may be keys of one mapping."""
    if isinstance(value, dict):
        keys = {key if isinstance(key, str) else json.dumps(key): below for key, below in value.items()}
        return {key: _with_text_keys(keys[key]) for key in sorted(keys)}
    return [_with_text_keys(below) for below in value] if isinstance(value, list) else value
