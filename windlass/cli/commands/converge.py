"""What `provision`, `deploy` and `rollback` share: their options, and the way from hosts to a report."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from windlass.cli import completion
from windlass.cli.commands.hosts import Selection, on_hosts, tell
from windlass.cli.commands.options import options

if TYPE_CHECKING:
    from windlass.output.outcome import Outcome
    from windlass.output.report import Report
    from windlass.project import Project
    from windlass.run.plan import Plan


# The exit statuses of --exit-code, as diff(1) has them; 0 = nothing differs.
DIFFERENT, TROUBLE = 1, 2


def _serial(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not context.resilient_parsing:
        from windlass.settings.words import SERIAL

        if not re.fullmatch(SERIAL, value, re.ASCII):
            raise click.BadParameter(f"{value!r} is not a number of hosts or a percentage, for example 1 or 25%")
    return value


# Adds the options of commands that bring new code to many hosts; `converge` takes their values, too.
rolling = options(
    click.option(
        "--serial",
        metavar="N|N%",
        callback=_serial,
        help="So many hosts at a time.  [default: as the inventory says, else all at once]",
    ),
    click.option("--keep-going", is_flag=True, help="After a failure go on with other hosts, and take nothing back."),
)


# Adds the options of commands that converge hosts; `converge` takes their values, and a plan takes `app`.
converging = options(
    on_hosts,
    click.option("--check", is_flag=True, help="Only say what would change."),
    click.option("--diff", is_flag=True, help="Show changes of files line by line."),
    click.option("--app", metavar="NAME", shell_complete=completion.apps, help="Only this app of each host."),
    click.option(
        "--exit-code",
        is_flag=True,
        help=f"Exit as diff does: 0 if all was in order, {DIFFERENT} if something changed, or would (--check),"
        f" {TROUBLE} if that could not be told or done.",
    ),
    click.option("-q", "--quiet", is_flag=True, help="Show failures and the last line of each host only."),
    click.option("-v", "--verbose", count=True, help="Show what is in order, too; -vv also times and what was sent."),
    click.option(
        "-e",
        "--extra-vars",
        multiple=True,
        metavar="KEY=VALUE|@FILE",
        help="A variable above all others, e.g. apps.shop.ref=v2: text as it is typed, YAML where a setting is no text."
        " Repeatable.",
    ),
)


def converge(
    project: Project,
    command: str,
    plan: Plan,
    *,
    check: bool,
    diff: bool,
    exit_code: bool,
    quiet: bool,
    verbose: int,
    extra_vars: tuple[str, ...],
    serial: str | None = None,
    keep_going: bool = True,
    **selection: Any,
) -> int:
    """Converges the hosts and reports; gives back the exit status. Raises KeyboardInterrupt after the report."""
    from windlass.run.rolling import Rolling
    from windlass.run.run import Request, Run

    chosen = Selection(**selection)
    if quiet and verbose:
        raise click.UsageError("--quiet and --verbose exclude each other.")
    hosts = chosen.chosen(replace(project, extra_vars=extra_vars))
    for sentence in plan.heed(hosts):
        tell(sentence)
    words = f"{command} {' '.join(chosen.hosts)}"
    report = _report(chosen, words, check=check, verbosity=-1 if quiet else verbose)
    request = Request(command=words, check=check, diff=diff, forks=chosen.forks)
    run = Run(request, chosen.connecting(report.terminal.ask), plan, report)
    given = {hosts[0].name: project.connection} if project.connection else None
    try:
        outcomes = Rolling(run, serial, keep_going).converge(hosts, given)
    finally:
        report.terminal.close()
    report.summary(outcomes)
    if project.connection is None:
        _note_failed(project, [host.name for host in hosts], outcomes)
    if run.interrupted:
        raise KeyboardInterrupt
    return _exit_status(outcomes, as_diff=exit_code)


def _note_failed(project: Project, hosts: list[str], outcomes: list[Outcome]) -> None:
    """For `--limit @failed`: the hosts that have not come to a good end, begun or not."""
    from windlass.inventory.host_file import FAILED, note_failed

    done = {outcome.host for outcome in outcomes if not outcome.exit_status}
    try:
        note_failed(project.project, [host for host in hosts if host not in done])
    except OSError as error:
        tell(f"{FAILED} cannot be written, so --limit @failed does not know of this run: {error.strerror}")


def _exit_status(outcomes: list[Outcome], *, as_diff: bool) -> int:
    failed = max(outcome.exit_status for outcome in outcomes)
    if not as_diff:
        return failed
    return TROUBLE if failed else DIFFERENT if any(map(_differs, outcomes)) else 0


def _differs(outcome: Outcome) -> bool:
    """Whether something changed, or would, or may: what cannot be told yet waits for something that would."""
    return bool(outcome.counts["changed"] or outcome.counts["unknown"])


def _report(selection: Selection, command: str, *, check: bool, verbosity: int) -> Report:
    from windlass.output.report import Report
    from windlass.output.report_json import JsonReport
    from windlass.output.terminal import Terminal

    if selection.as_json:
        return JsonReport(command, check=check)
    return Report(Terminal(), verbosity=verbosity, check=check, debug=selection.debug)
