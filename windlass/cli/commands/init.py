"""`deploy.py init SOURCE --host HOST`: an app's lines in the inventory, from what its code says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from windlass.cli import completion
from windlass.cli.commands.figures import counted

if TYPE_CHECKING:
    from windlass.cli.commands.adoption import Adoption
    from windlass.project import Project
    from windlass.source.reading.findings import Findings


@click.command()
@click.argument("source", metavar="SOURCE")
@click.option(
    "--host", required=True, metavar="HOST", shell_complete=completion.hosts, help="The host; a new one is added."
)
@click.option("--name", metavar="NAME", help="The app's name.  [default: that of its folder]")
@click.option(
    "--domain",
    "domains",
    multiple=True,
    metavar="DOMAIN",
    help="A domain that it answers to; repeatable.  [default: HOST, where that is one]",
)
@click.option("--wsgi", metavar="MODULE:APP", help="The app in the code, where there are several.")
@click.option("--ref", metavar="REF", help="The branch, tag or commit of a git URL.")
@click.option("--user", metavar="USER", help="How to log in to a new host.  [default: root, or as ssh_config says]")
@click.option("--address", metavar="ADDRESS", help="Where a new host is, if its name does not lead there.")
@click.option("--port", type=click.IntRange(1, 65535), help="The SSH port of a new host.  [default: 22]")
@click.option("--group", metavar="GROUP", help="The group that a new host is put into.  [default: web]")
@click.option("--check", is_flag=True, help="Only show the lines that would be written.")
@click.pass_obj
def init(
    project: Project,
    /,
    source: str,
    host: str,
    name: str | None,
    domains: tuple[str, ...],
    wsgi: str | None,
    ref: str | None,
    check: bool,
    **new_host: str | int | None,
) -> None:
    """Write what deploys the app in SOURCE, a folder or a git URL, into the inventory; with what was found in its code.

    Nothing of the app is run, and nothing that the inventory has is changed. A second time it changes nothing.
    """
    from windlass.cli.commands.adoption import Adoption

    adoption = Adoption(project, source, host, name=name, domains=domains, wsgi=wsgi, ref=ref, new_host=new_host)
    if place := adoption.known():
        click.echo(f"{adoption.name} is there already ({place}): nothing is changed")
        click.echo(f"\nnext:\n  ./deploy.py provision {host}")
        return
    lines = adoption.lines()
    show(adoption.findings, adoption.name)
    _tell_of_own_environment(adoption)
    if check:
        click.echo(f"\n{adoption.spot.file}, below {'.'.join(adoption.spot.way)}:")
        click.echo("\n".join(f"    {line}" for line in lines))
        return
    first, last = adoption.write(lines)
    click.echo(f"\n{adoption.spot.file}:{first}: {last - first + 1} lines are added")
    _next(adoption, host)


def show(found: Findings, name: str) -> None:
    """Shows what was found, a line each."""
    from windlass.inventory.app_lines import shown

    rows = shown(found)
    width = max(len(subject) for subject, _, _ in rows)
    wide = max(len(value) for _, value, _ in rows)
    where = f", in its folder {found.folder}" if found.folder else ""
    click.echo(f"{click.style(name, bold=True)}  {counted(len(found.source.entries), 'file')}{where}")
    for subject, value, place in rows:
        said = f"  {click.style(place, dim=True)}" if place else ""
        click.echo(f"  {subject:{width}}  {value:{min(wide, 50)}}{said}".rstrip())
    for remark in found.remarks:
        click.echo(f"  {click.style('note', fg='yellow')}  {remark}")


def _tell_of_own_environment(adoption: Adoption) -> None:
    """What is in the source's `.env` is not on hosts."""
    required = {each.name for each in adoption.findings.variables if each.required}
    others = [name for name in adoption.own_environment if name not in required and not name.startswith("FLASK_")]
    if others:
        words = f".env stays on this machine. What the app needs of {', '.join(others)} goes into its lines as"
        click.echo(f"  {click.style('note', fg='yellow')}  {words} `env: {{NAME: value}}`,")
        click.echo(f"        or is a secret: ./deploy.py secrets set NAME --app {adoption.name}")


def _next(adoption: Adoption, host: str) -> None:
    """What to type, in its order."""
    required = [each for each in adoption.findings.variables if each.required]
    commands = []
    if required and not (adoption.project.project / "inventory/secrets/recipients.txt").exists():
        commands.append("./deploy.py secrets init")
    commands += [
        f"./deploy.py secrets {'generate' if each.signing else 'set'} {each.name} --app {adoption.name}"
        for each in required
    ]
    click.echo("\nnext:")
    for command in [*commands, f"./deploy.py provision {host}"]:
        click.echo(f"  {command}")
