"""`deploy.py secrets init|set|generate|unset|edit|list|show|rekey|diff`: what only the apps may know."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from windlass.cli import completion
from windlass.cli.commands.figures import counted
from windlass.cli.commands.hosts import Selection, on_hosts
from windlass.cli.commands.options import options
from windlass.errors import UsageError

if TYPE_CHECKING:
    from windlass.output.answer_document import SecretDocument
    from windlass.project import Project
    from windlass.secrets.spot import Spot


@click.group()
def secrets() -> None:
    """Secrets of apps, encrypted in inventory/secrets, so that they can be committed.

    A file belongs to all hosts, a group or a host, and holds NAME: value, or APP: with such lines below it.
    """


# What `edit` shows of a file that is not there yet.
_EMPTY = "# NAME: value, for every app; or APP: with such lines below it, indented, for one.\n"

# Adds the options that say which secrets file, and where in it.
placed = options(
    click.option(
        "--app",
        metavar="NAME",
        shell_complete=completion.apps,
        help="For this app alone.  [default: for every app]",
    ),
    click.option(
        "--group",
        metavar="NAME",
        shell_complete=completion.hosts,
        help="For the hosts of this group.  [default: for all hosts]",
    ),
    click.option("--host", metavar="NAME", shell_complete=completion.hosts, help="For this host."),
)


@secrets.command()
@click.option("--passphrase", is_flag=True, help="Encrypt with a passphrase instead of keys.")
@click.pass_obj
def init(project: Project, /, passphrase: bool) -> None:
    """Say who can open the secrets: inventory/secrets/recipients.txt with your own key, made if you have none."""
    from windlass.secrets.beginning import begin

    for line in begin(project.project / "inventory/secrets", passphrase=passphrase):
        click.echo(line)


@secrets.command("set", context_settings={"allow_extra_args": True})
@click.argument("key")
@placed
@click.pass_context
def set_(ctx: click.Context, /, key: str, app: str | None, group: str | None, host: str | None) -> None:
    """Set KEY to a value that is asked for, or read from stdin: its last newline is not part of it."""
    if ctx.args or "=" in key:
        raise UsageError(
            "a value on the command line is seen by every user of this machine (ps) and kept by the shell (history)",
            hint="Leave it out: it is asked for, or read from stdin. The one just typed should be changed.",
        )
    spot = _spot(ctx.obj, app, group, host)
    with spot.folder.changing():  # refuses what cannot be, before it asks
        spot.check(key)
    value = _value(key)
    with spot.folder.changing():
        click.echo(spot.set(key, value))


@secrets.command()
@click.argument("key")
@placed
@click.option("--bytes", "size", type=click.IntRange(16, 1024), default=32, show_default=True, help="Random bytes.")
@click.option("--replace", is_flag=True, help="Make a new one where there is one.")
@click.pass_obj
def generate(
    project: Project, /, key: str, app: str | None, group: str | None, host: str | None, size: int, replace: bool
) -> None:
    """Set KEY to a new random value, as Flask's SECRET_KEY wants it."""
    from secrets import token_urlsafe

    spot = _spot(project, app, group, host)
    with spot.folder.changing():
        spot.check(key)
        known = spot.get(key)
        if known and not replace:
            raise UsageError(
                f"{known.place}: {key} is set already",
                hint="--replace makes a new one; sessions signed by the old end.",
            )
        click.echo(spot.set(key, token_urlsafe(size)))


@secrets.command()
@click.argument("key")
@placed
@click.pass_obj
def unset(project: Project, /, key: str, app: str | None, group: str | None, host: str | None) -> None:
    """Take KEY out."""
    spot = _spot(project, app, group, host)
    with spot.folder.changing():
        click.echo(spot.unset(key))


@secrets.command()
@click.argument("file", default="all", metavar="[FILE]", shell_complete=completion.hosts)
@click.pass_obj
def edit(project: Project, /, file: str) -> None:
    """Edit a file in $EDITOR: FILE is all, a group or a host (or its path). What you see is in memory alone."""
    from pathlib import PurePath

    from windlass.secrets.editing import edited
    from windlass.secrets.folder import ENDING
    from windlass.secrets.spot import Spot

    folder = project.secrets()
    level = PurePath(file).name.removesuffix(ENDING)
    spot = Spot(folder, level)
    with folder.changing():
        before = folder.text(level) or _EMPTY
        changed = edited(before, f"{level}.yml", lambda text: folder.checked(text, level))
        if changed is None:
            click.echo("nothing is changed")
            return
        folder.write(level, changed)
    click.echo(f"{spot} is written")


@secrets.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
@click.pass_obj
def list_(project: Project, /, as_json: bool) -> None:
    """Show names, lengths and fingerprints, no value; equal fingerprints are equal values, to you alone."""
    from windlass.secrets.fingerprint import Fingerprints

    folder = project.secrets()
    fingerprints = Fingerprints()
    found: list[SecretDocument] = [
        {
            "file": level,
            "app": app,
            "name": name,
            "length": len(secret.value),
            "fingerprint": fingerprints.of(secret.value),
        }
        for level in folder.levels()
        for (app, name), secret in folder.entries(level).items()
    ]
    if as_json:
        click.echo(json.dumps({"secrets": found}, indent=2))
    elif found:
        _print_table(found)
    else:
        click.echo("there are none: ./deploy.py secrets set NAME")


def _print_table(found: list[SecretDocument]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("file", "app", "name", "length", "fingerprint"):
        table.add_column(column, no_wrap=True, justify="right" if column == "length" else "left")
    for each in found:
        table.add_row(each["file"], each["app"] or "(every)", each["name"], str(each["length"]), each["fingerprint"])
    Console(soft_wrap=True).print(table)


@secrets.command()
@click.argument("key")
@placed
@click.option("--reveal", is_flag=True, help="Print the value.")
@click.pass_obj
def show(project: Project, /, key: str, app: str | None, group: str | None, host: str | None, reveal: bool) -> None:
    """Print the value of KEY, only with --reveal."""
    from windlass.secrets.fingerprint import Fingerprints

    spot = _spot(project, app, group, host)
    secret = spot.get(key)
    if secret is None:
        raise UsageError(f"{key} is not set in {spot}", hint="./deploy.py secrets list shows what there is")
    if reveal:
        click.echo(secret.value, nl=sys.stdout.isatty())
    else:
        click.echo(f"{secret.place}: {key}, {len(secret.value)} characters, {Fingerprints().of(secret.value)}")
        click.echo("--reveal prints it", err=True)


@secrets.command()
@click.pass_obj
def rekey(project: Project, /) -> None:
    """Encrypt all files anew, after a change of recipients.txt or to change the passphrase."""
    from windlass.secrets.recipients import NAME, Recipients

    folder = project.secrets()
    with folder.changing():
        recipients = Recipients.read(folder.path / NAME)
        count = folder.rekey(recipients)
    who = "a passphrase" if recipients.keys is None else counted(len(recipients.keys), "recipient")
    click.echo(f"{counted(count, 'file')} encrypted anew to {who}")
    click.echo("Whoever is not among them any more knows the values all the same: change those, too.")


@secrets.command()
@on_hosts
@click.pass_obj
def diff(project: Project, /, **options: Any) -> int:
    """Say which secrets the next run would add (+), remove (-) and change (~) on hosts; values stay where they are."""
    from windlass.cli.commands.secrets_diff import differences

    return differences(project, Selection(**options))


def _spot(project: Project, app: str | None, group: str | None, host: str | None) -> Spot:
    """The place that the options mean."""
    from windlass.secrets.spot import Spot

    if group and host:
        raise UsageError("--group and --host exclude each other: a file belongs to one of them")
    return Spot(project.secrets(), group or host or "all", app)


def _value(key: str) -> str:
    """The value, from a prompt that does not show it, or from stdin."""
    if sys.stdin.isatty():
        value: str = click.prompt(f"Value of {key}", hide_input=True, err=True)
        return value
    try:
        value = sys.stdin.buffer.read().decode().removesuffix("\n")
    except UnicodeDecodeError:
        raise UsageError("what came on stdin is not UTF-8 text") from None
    if not value:
        raise UsageError("nothing came on stdin", hint=f"some-program | ./deploy.py secrets set {key}")
    return value
