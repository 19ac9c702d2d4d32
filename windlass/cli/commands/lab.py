"""`deploy.py lab up|down|status|ssh`: a disposable host on this machine to try everything on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from windlass import lab as labs
from windlass.lab import files
from windlass.lab.image import SUITES

if TYPE_CHECKING:
    from windlass.lab import Lab, LabHost
    from windlass.project import Project

FOLDER = Path(".windlass/lab")


@click.group()
def lab() -> None:
    """Disposable hosts on this machine: containers that behave as rented servers do, and an ACME server."""


@lab.command()
@click.option("--image", type=click.Choice(list(SUITES)), help="What the hosts run.  [default: debian:12]")
@click.option("--hosts", "count", type=click.IntRange(1, 200), default=1, show_default=True, help="How many hosts.")
@click.pass_obj
def up(project: Project, image: str | None, count: int) -> None:
    """Bring up what is missing of the lab: hosts lab, lab2, ... and the ACME server."""
    _show(labs.up(project.project / FOLDER, image=image, hosts=count, say=click.echo))


@lab.command()
@click.pass_obj
def down(project: Project) -> None:
    """Remove the lab: containers, network, keys. Only the image cache stays."""
    labs.down(project.project / FOLDER, say=click.echo)
    click.echo("the lab is down")


@lab.command()
@click.pass_obj
def status(project: Project) -> None:
    """Show the lab's hosts, and how to reach what they serve."""
    _show(labs.load(project.project / FOLDER))


@lab.command(context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def ssh(project: Project, name: str, command: tuple[str, ...]) -> int:
    """Log in to the lab host NAME as root, or run a command there: lab ssh NAME -- COMMAND."""
    return labs.load(project.project / FOLDER).ssh(name, list(command))


@lab.command()
@click.argument("name", default="lab")
@click.pass_obj
def visit(project: Project, /, name: str) -> None:
    """Use the app on a lab host as a visitor does, over verified TLS; of the demo, make a short link and follow it."""
    from windlass.lab.visit import look
    from windlass.lab.visit import visit as visit_page

    found = labs.load(project.project / FOLDER)
    host = found.host(name)
    seeing = look if files.own_apps(found.folder, name) else visit_page
    seeing(files.page(found.folder, host), host.address, host.https_port, found.acme.roots(), click.echo)


def _show(found: Lab) -> None:
    states = found.states()
    table = Table(box=None, pad_edge=False)
    for column in ("host", "address", "ssh", "http", "https", "image", "state"):
        table.add_column(column, no_wrap=True)
    for host in found.hosts:
        ports = [str(port) for port in (host.ssh_port, host.http_port, host.https_port)]
        table.add_row(host.name, host.address, *ports, host.image, states.get(host.container, "gone"))
    Console(soft_wrap=True).print(table)
    acme_state = states.get(found.acme.container, "gone")
    click.echo(f"\nACME   {found.acme.directory_url} as the hosts see it, {acme_state}")
    click.echo(f"ssh    ./deploy.py lab ssh {found.hosts[0].name}")
    if acme_state == "running":
        found.write()
        click.echo(f"page   {page_command(found, found.hosts[0])}")


def page_command(found: Lab, host: LabHost) -> str:
    """A curl command that fetches the page of a lab host's app over verified TLS."""
    page = files.page(found.folder, host)
    where = f"--connect-to {page}:443:{host.address}:{host.https_port}"
    if host.https_port == 443:
        where = f"--resolve {page}:443:{host.address}"
    roots = found.folder / files.ROOTS
    if roots.is_relative_to(Path.cwd()):
        roots = roots.relative_to(Path.cwd())
    return f"curl {where} --cacert {roots} https://{page}/"
