"""`deploy.py ssh HOST [-- COMMAND]`: a login by the OpenSSH client, as the inventory says."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from windlass.cli import completion
from windlass.cli.commands.trailing import TRAILING, Trailing
from windlass.cli.commands.vault import with_vault
from windlass.errors import UsageError

if TYPE_CHECKING:
    from windlass.project import Project


@click.command(cls=Trailing, trailing="[-- COMMAND...]")
@click.argument("name", metavar="HOST", shell_complete=completion.hosts)
@click.option("--accept-new-host-key", is_flag=True, help="Trust the key of a host never seen before.")
@with_vault
@click.pass_context
def ssh(ctx: click.Context, /, name: str, accept_new_host_key: bool) -> None:
    """Log in to a host, or run a shell command there, with the inventory's address, user, port, key and jump host.

    A `host_key` of the inventory is the only one that is good; without, ssh's own known_hosts decide.
    """
    from windlass.ssh.openssh import command_line, program

    project: Project = ctx.obj
    hosts = project.inventory().select([name])
    if len(hosts) != 1:
        raise UsageError(
            f"ssh goes to one host, and {name!r} means {len(hosts)}", hint="./deploy.py inventory shows which"
        )
    ssh_program = program()
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    words = ctx.meta.get(TRAILING, [])
    argv = command_line(hosts[0], words, terminal=terminal, accept_new_host_key=accept_new_host_key)
    os.execv(ssh_program, argv)  # noqa: S606 - that is the purpose
