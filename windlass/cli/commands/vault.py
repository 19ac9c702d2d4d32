"""Options for the passwords of Ansible's vault, as Ansible's own commands have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from windlass.cli.commands.options import options
from windlass.inventory.vault_passwords import DEFAULT, PROMPT, source_of

if TYPE_CHECKING:
    from windlass.inventory.vault_passwords import Source
    from windlass.project import Project


def _file(context: click.Context, parameter: click.Parameter, files: tuple[str, ...]) -> None:
    _keep(context, tuple((DEFAULT, file) for file in files))


def _id(context: click.Context, parameter: click.Parameter, ids: tuple[str, ...]) -> None:
    _keep(context, tuple(map(source_of, ids)))


def _ask(context: click.Context, parameter: click.Parameter, wanted: Any) -> None:
    _keep(context, ((DEFAULT, PROMPT),) if wanted else ())


def _keep(context: click.Context, sources: tuple[Source, ...]) -> None:
    if sources and not context.resilient_parsing:
        project: Project = context.obj
        project.vault_sources += sources


with_vault = options(
    click.option(
        "--vault-password-file",
        "--vault-pass-file",
        multiple=True,
        metavar="FILE",
        expose_value=False,
        callback=_file,
        help="The password of Ansible's vault, or a program that prints it.",
    ),
    click.option(
        "--vault-id",
        multiple=True,
        metavar="LABEL@FILE",
        expose_value=False,
        callback=_id,
        help="The same for one of several vaults; FILE may be prompt.",
    ),
    click.option(
        "--ask-vault-pass", is_flag=True, expose_value=False, callback=_ask, help="Ask for the vault's password."
    ),
)
