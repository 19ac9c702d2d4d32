"""The vital signs of a host (`windlass/agent/vitals.py`) in words, for `deploy.py status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from windlass.cli.commands.figures import counted

if TYPE_CHECKING:
    from windlass.agent.messages.documents import HostStatus

# So many names are shown of what is replaced (a library's update brings several).
SHOWN = 3


def vital_signs(host: HostStatus) -> list[str]:
    """A line on updates and reboot, then one on each thing that needs a hand."""
    lines = [_updates(host["updates"], host["security_updates"])]
    if host["reboot"]:
        lines.append(click.style("a reboot is wanted", fg="yellow") + " to run what was updated")
    if host["failed_units"]:
        lines.append(f"{click.style('failed units:', fg='red')} {', '.join(host['failed_units'])}")
    for name, files in host["stale"].items():
        more = f" and {len(files) - SHOWN} more" if len(files) > SHOWN else ""
        what = click.style(f"{name} is stale:", fg="red")
        lines.append(f"{what} it runs old versions of {', '.join(files[:SHOWN])}{more} until it is restarted")
    return lines


def _updates(pending: int | None, security: int | None) -> str:
    if pending is None:
        return click.style("pending updates are not known", fg="yellow")
    if not pending:
        return "no pending updates"
    words = counted(pending, "pending update")
    return words + (click.style(f", {security} for security", fg="yellow") if security else "")
