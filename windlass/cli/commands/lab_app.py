"""`deploy.py provision lab --app-source SOURCE`: a user's own app on a host of the lab, with nothing to write down."""

from __future__ import annotations

import secrets
from io import StringIO
from typing import TYPE_CHECKING

import click

from windlass import lab as labs
from windlass.cli.commands.adoption import Adoption
from windlass.cli.commands.init import show
from windlass.errors import UsageError
from windlass.inventory.app_lines import app_lines
from windlass.lab import files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from windlass.project import Project
    from windlass.source.reading.variables import Variable

_FOLDER = ".windlass/lab"
_DATABASE = ("DATABASE_URL", "DATABASE_URI")


def put(project: Project, hosts: Sequence[str], source: str, wsgi: str | None) -> None:
    """Makes an app the one of a lab host, in the lab's own inventory; `wsgi` chooses among several in the source.

    Raises UsageError for any other host.
    """
    lab = labs.load(project.project / _FOLDER)
    names = [host.name for host in lab.hosts]
    if len(hosts) != 1 or hosts[0] not in names:
        raise UsageError(
            f"--app-source is for one host of the lab ({', '.join(names)}), not for {' '.join(hosts)}",
            hint="For a server of your own: ./deploy.py init SOURCE --host HOST",
        )
    host = lab.host(hosts[0])
    adoption = Adoption(project, source, host.name, wsgi=wsgi)
    show(adoption.findings, adoption.name)
    required = [variable for variable in adoption.findings.variables if variable.required]
    environment = lab.folder / f"{adoption.name}.env"
    code = {**adoption.code, "env_file": str(environment)} if required else adoption.code
    if required:
        _write_environment(environment, adoption, required)
    domain = f"{adoption.name}.{host.name}.test"
    lines = app_lines(adoption.name, adoption.findings, code, [domain])
    text = "".join(f"{line}\n" for line in ["apps:", *(f"  {line}" for line in lines)])
    files.write(lab.folder / files.OWN_APPS.format(host.name), text)
    lab.acme.set_name(domain, host.inner_address)
    lab.write()
    click.echo("")


def _write_environment(path: Path, adoption: Adoption, required: Sequence[Variable]) -> None:
    """The variables that the app cannot do without, for the lab: those of its own `.env`, else made up."""
    from dotenv import dotenv_values

    own = adoption.own_environment
    known = dotenv_values(stream=StringIO(path.read_text())) if path.exists() else {}
    values = {
        each.name: own.get(each.name) or known.get(each.name) or _made_up(each, adoption.name) for each in required
    }
    files.write(path, "".join(f"{name}={_quoted(value)}\n" for name, value in values.items()), 0o600)
    made = [name for name in values if not own.get(name)]
    if made:
        click.echo(f"  {click.style('note', fg='yellow')}  {', '.join(made)}: made up for the lab, in {path}")


def _quoted(value: str) -> str:
    """A value as python-dotenv reads it back, whatever is in it."""
    # It fills in ${NAME} between any quotes; what a name that is not set stands for can be said, though.
    plain = value.replace("${", "${_:-$}{")
    return "'" + plain.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _made_up(variable: Variable, app: str) -> str:
    if variable.name.endswith(_DATABASE):
        return f"sqlite:////var/lib/{app}/{app}.db"
    return secrets.token_urlsafe(32)
