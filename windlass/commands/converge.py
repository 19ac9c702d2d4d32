"""What `provision` and `deploy` share: their options, and the way from hosts to a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from windlass.host import Host
    from windlass.project import Project
    from windlass.report import Report

    Command = Callable[..., Any]


def converging(command: Command) -> Command:
    """The options of commands that converge hosts."""
    for option in reversed(
        (
            click.argument("hosts", nargs=-1, required=True, metavar="HOST..."),
            click.option("--check", is_flag=True, help="Only say what would change."),
            click.option("--diff", is_flag=True, help="Show changes of files line by line."),
            click.option("--app", metavar="NAME", help="Only this app of each host."),
            click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines."),
            click.option(
                "--forks", type=click.IntRange(1, 100), default=10, show_default=True, help="Hosts at a time."
            ),
            click.option("--limit", metavar="PATTERN", help="Only those of the hosts that match this too."),
            click.option("--accept-new-host-key", is_flag=True, help="Trust the key of a host never seen before."),
            click.option("--ask-sudo-pass", is_flag=True, help="Ask for the sudo password."),
            click.option("-v", "--verbose", count=True, help="Show what is in order, too; -vv more."),
        )
    ):
        command = option(command)
    return command


@dataclass(frozen=True)
class Options:
    """The values of `converging`."""

    hosts: tuple[str, ...]
    check: bool
    diff: bool
    app: str | None
    as_json: bool
    forks: int
    limit: str | None
    accept_new_host_key: bool
    ask_sudo_pass: bool
    verbose: int


def converge(project: Project, command: str, options: Options, tags: frozenset[str] | None = None) -> int:
    """Converges the hosts and reports; gives back the exit status."""
    from windlass.run import Request, Run
    from windlass.ssh.connection import ConnectOptions

    hosts = _choose(project, options)
    report = _report(options)
    request = Request(
        command=f"{command} {' '.join(options.hosts)}",
        check=options.check,
        diff=options.diff,
        tags=tags,
        app=options.app,
        forks=options.forks,
    )
    connecting = ConnectOptions(accept_new_host_key=options.accept_new_host_key)
    run = Run(request, connecting, project.project, report)
    given = {hosts[0].name: project.connection} if project.connection else None
    try:
        outcomes = run.converge(hosts, given)
    finally:
        report.terminal.close()
    report.summary(outcomes)
    return max(outcome.exit_status for outcome in outcomes)


def _choose(project: Project, options: Options) -> list[Host]:
    hosts = project.hosts(options.hosts)
    if options.limit:
        allowed = {host.name for host in project.hosts([options.limit])}
        hosts = [host for host in hosts if host.name in allowed]
        if not hosts:
            raise click.UsageError(f"--limit {options.limit!r} leaves no host")
    if options.ask_sudo_pass:
        password = click.prompt("sudo password", hide_input=True, err=True)
        for host in hosts:
            host.connect.become_password = password
    return hosts


def _report(options: Options) -> Report:
    from windlass.report import Report
    from windlass.report_json import JsonReport
    from windlass.terminal import Terminal

    if options.as_json:
        return JsonReport(check=options.check)
    return Report(Terminal(), verbosity=options.verbose, check=options.check)
