"""`deploy.py rollback HOST...`: back to a release that was good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from windlass.cli.commands.converge import converge, converging

if TYPE_CHECKING:
    from windlass.project import Project


@click.command()
@converging
@click.option("--to", metavar="ID", default="", help="This release.  [default: the good one before the current]")
@click.pass_obj
def rollback(project: Project, /, to: str, app: str | None, **options: Any) -> int:
    """Give the traffic back to an older release, with its own code, packages and environment; no request is lost.

    The database stays as it is. The next `deploy` brings the current code again.
    """
    from windlass.run.plan import Rollbacks

    return converge(project, "rollback", Rollbacks(app, to), **options)
