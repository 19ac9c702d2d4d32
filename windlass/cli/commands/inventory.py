"""`deploy.py inventory`: the groups, hosts and variables as Windlass reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from windlass.cli import completion
from windlass.cli.commands.hosts import tell
from windlass.cli.commands.vault import with_vault
from windlass.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.inventory.inventory import Inventory
    from windlass.project import Project

AT_ONCE = 1 << 16  # bytes
LEVELS = 3  # of what --list prints, down to a host: _meta, hostvars, its name


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
    from windlass.inventory.listing import HostListings, graph, groups

    found = project.inventory()
    for note in found.notes:
        tell(note)
    if pattern is not None:
        names = [host.name for host in found.select([pattern], tell=tell)]
        click.echo(json.dumps(names, indent=4) if as_json else "\n".join(names))
    elif name is not None:
        _show_host(found, name, as_json=as_json)
    elif as_json or form == "list":
        _print_json({"_meta": {"hostvars": HostListings(found)}, **groups(found.tree)}, LEVELS)
    else:
        click.echo(graph(found.tree))


def _show_host(inventory: Inventory, name: str, *, as_json: bool) -> None:
    from windlass.inventory.listing import host_listing

    hosts = inventory.names([name])
    if len(hosts) != 1:
        raise UsageError(
            f"--host takes one host, and {name!r} means {len(hosts)}", hint="./deploy.py inventory shows which"
        )
    variables = host_listing(inventory, hosts[0])
    if as_json:
        _print_json(variables)
        return
    import yaml

    places = {key: variable.place_of_key() for key, variable in inventory.variables_of(hosts[0]).items()}
    blocks = [
        f"# {places[key]}\n{yaml.safe_dump({key: value}, sort_keys=False, allow_unicode=True, width=110)}"
        for key, value in variables.items()
    ]
    names = [group.name for group in inventory.tree.groups_of(hosts[0])]
    click.echo("\n".join([f"# {hosts[0]} in {', '.join(names)}", *blocks]).rstrip())


def _print_json(found: object, levels: int = 0) -> None:
    """Prints a value; mappings of so many levels entry by entry: all at once takes three times the memory."""
    waiting = bytearray()
    for part in _json(found, levels):
        waiting += part
        if len(waiting) > AT_ONCE:
            click.echo(bytes(waiting), nl=False)
            waiting.clear()
    click.echo(bytes(waiting))


def _json(value: Any, levels: int, depth: int = 0) -> Iterator[bytes]:
    import pydantic_core  # much quicker than json, and loaded already

    line = b"\n" + b"    " * depth
    if not levels or not isinstance(value, Mapping) or not value:
        yield pydantic_core.to_json(_with_text_keys(value), indent=4, serialize_unknown=True).replace(b"\n", line)
        return
    for place, key in enumerate(sorted(value)):
        yield b"%b%b    %b: " % (b"," if place else b"{", line, pydantic_core.to_json(key))
        yield from _json(value[key], levels - 1, depth + 1)
    yield line + b"}"


def _with_text_keys(value: Any) -> Any:
    """The value with its keys as JSON has them, in order: 404 and "a" may be keys of one mapping."""
    if isinstance(value, dict):
        keys = {key if isinstance(key, str) else json.dumps(key): below for key, below in value.items()}
        return {key: _with_text_keys(keys[key]) for key in sorted(keys)}
    return [_with_text_keys(below) for below in value] if isinstance(value, list) else value
