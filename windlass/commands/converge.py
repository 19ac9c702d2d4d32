"""What `provision`, `deploy` and `rollback` share: their options, and the way from hosts to a report."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from windlass.commands.hosts import Selection, on_hosts

if TYPE_CHECKING:
    from collections.abc import Callable

    from windlass.plan import Plan
    from windlass.project import Project
    from windlass.report import Report

    Command = Callable[..., Any]


def rolling(command: Command) -> Command:
    """Adds the options of commands that bring new code to many hosts; `converge` takes their values, too."""
    for option in reversed(
        (
            click.option(
                "--serial",
                metavar="N|N%",
                callback=_serial,
                help="So many hosts at a time.  [default: as the inventory says, else all at once]",
            ),
            click.option(
                "--keep-going", is_flag=True, help="After a failure go on with other hosts, and take nothing back."
            ),
        )
    ):
        command = option(command)
    return command


def _serial(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"[1-9]\d{0,3}|[1-9]\d?%|100%", value):
        raise click.BadParameter(f"{value!r} is not a number of hosts or a percentage, for example 1 or 25%")
    return value


def converging(command: Command) -> Command:
    """Adds the options of commands that converge hosts; `converge` takes their values, and a plan takes `app`."""
    for option in reversed(
        (
            click.option("--check", is_flag=True, help="Only say what would change."),
            click.option("--diff", is_flag=True, help="Show changes of files line by line."),
            click.option("--app", metavar="NAME", help="Only this app of each host."),
            click.option("-v", "--verbose", count=True, help="Show what is in order, too."),
        )
    ):
        command = option(command)
    return on_hosts(command)


def converge(
    project: Project,
    command: str,
    plan: Plan,
    *,
    check: bool,
    diff: bool,
    verbose: int,
    serial: str | None = None,
    keep_going: bool = True,
    **selection: Any,
) -> int:
    """Converges the hosts and reports; gives back the exit status. Raises KeyboardInterrupt after the report."""
    from windlass.rolling import Rolling
    from windlass.run import Request, Run

    chosen = Selection(**selection)
    hosts = chosen.chosen(project)
    for sentence in plan.heed(hosts):
        click.echo(sentence, err=True)
    report = _report(chosen, check=check, verbosity=verbose)
    words = f"{command} {' '.join(chosen.hosts)}"
    request = Request(command=words, check=check, diff=diff, forks=chosen.forks)
    run = Run(request, chosen.connecting(), plan, report)
    given = {hosts[0].name: project.connection} if project.connection else None
    try:
        outcomes = Rolling(run, serial, keep_going).converge(hosts, given)
    finally:
        report.terminal.close()
    report.summary(outcomes)
    if run.interrupted:
        raise KeyboardInterrupt
    return max(outcome.exit_status for outcome in outcomes)


def _report(selection: Selection, *, check: bool, verbosity: int) -> Report:
    from windlass.report import Report
    from windlass.report_json import JsonReport
    from windlass.terminal import Terminal

    if selection.as_json:
        return JsonReport(check=check)
    return Report(Terminal(), verbosity=verbosity, check=check, debug=selection.debug)
