"""What `provision` and `deploy` share: their options, and the way from hosts to a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from windlass.commands.hosts import Selection, on_hosts

if TYPE_CHECKING:
    from collections.abc import Callable

    from windlass.project import Project
    from windlass.report import Report

    Command = Callable[..., Any]


def converging(command: Command) -> Command:
    """Adds the options of commands that converge hosts; `converge` takes their values."""
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
    *,
    check: bool,
    diff: bool,
    app: str | None,
    verbose: int,
    tags: frozenset[str] | None = None,
    **selection: Any,
) -> int:
    """Converges the hosts and reports; gives back the exit status. Raises KeyboardInterrupt after the report."""
    from windlass.run import Request, Run
    from windlass.secrets.environment import check as check_environments

    chosen = Selection(**selection)
    hosts = chosen.chosen(project)
    for sentence in check_environments(hosts, app):
        click.echo(sentence, err=True)
    report = _report(chosen, check=check, verbosity=verbose)
    words = f"{command} {' '.join(chosen.hosts)}"
    request = Request(command=words, check=check, diff=diff, tags=tags, app=app, forks=chosen.forks)
    run = Run(request, chosen.connecting(), project.project, report)
    given = {hosts[0].name: project.connection} if project.connection else None
    try:
        outcomes = run.converge(hosts, given)
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
