"""`deploy.py logs HOST...`: what the apps of hosts and nginx say, as it was or as it comes."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from windlass.cli import completion, moment
from windlass.cli.commands.hosts import Selection, no_apps, on_hosts
from windlass.errors import AgentError, HostError
from windlass.output.interrupt import results
from windlass.output.terminal import BROKEN_PIPE, hush

if TYPE_CHECKING:
    from windlass.agent.messages.requests import AskLogs
    from windlass.host import Host
    from windlass.output.log_view import LogView
    from windlass.project import Project
    from windlass.run.transport import Session

COUNT = 50
# Of a span of time: all lines, within reason.
COUNT_SINCE = 10_000
# What a host may take to look for lines that are there, and tell of them (seconds, bytes).
PATIENCE, LARGEST = 15 * 60, 256 * 1024 * 1024
INTERRUPTED = 130  # what a shell says of a process that Ctrl-C has ended


def _since(context: click.Context, parameter: click.Parameter, value: str | None) -> float:
    try:
        return moment.parse(value, datetime.now().astimezone()) if value is not None else 0
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _grep(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    try:
        re.compile(value or "")
    except re.error as error:
        raise click.BadParameter(f"{value!r} is not a regular expression: {error}") from None
    return value


@click.command()
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(0, 100_000),
    help=f"The newest N lines of each host.  [default: {COUNT}, with --since {COUNT_SINCE}]",
)
@click.option("--since", metavar="WHEN", callback=_since, help=f"Nothing older: {moment.EXAMPLES}.")
@click.option(
    "--grep",
    metavar="PATTERN",
    callback=_grep,
    help="Only lines that match the regular expression; small letters mean capitals, too.",
)
@click.option("--app", metavar="NAME", shell_complete=completion.apps, help="Only this app of each host.")
@click.option("--probes", is_flag=True, help="With what Windlass itself asks: health, and visits during a switch.")
@click.option("--nginx", is_flag=True, help="nginx's access and error logs of the apps' sites.")
@on_hosts
@click.pass_obj
def logs(
    project: Project,
    /,
    follow: bool,
    lines: int | None,
    since: float,
    grep: str | None,
    app: str | None,
    probes: bool,
    nginx: bool,
    **options: Any,
) -> int:
    """Show what apps say in the journal, of whichever release, what systemd says of them, and nginx's errors.

    Times are those of this machine. With --json each line is a JSON document of its own.
    """
    from windlass.output.log_view import LogView

    selection = Selection(**options)
    chosen = selection.chosen(project)
    asked = {host.name: names for host in chosen if (names := host.app_names(app))}
    hosts = [host for host in chosen if host.name in asked]
    if not hosts:
        raise no_apps(*selection.hosts)
    count = lines if lines is not None else COUNT_SINCE if since else COUNT
    names = [host.name for host in hosts]
    cut = bool(since) and lines is None
    view = LogView(names, set().union(*asked.values()), as_json=selection.as_json, tell_cut=cut)
    request: AskLogs = {
        "type": "logs",
        "apps": [],
        "nginx": nginx,
        "count": count,
        "since": since,
        "grep": grep,
        "follow": follow,
        "probes": probes,
    }
    return _Reading(project, selection, view, {name: {**request, "apps": asked[name]} for name in asked}).read(hosts)


class _Reading:
    """Hosts that are asked for their logs, all at once where they are followed."""

    def __init__(self, project: Project, selection: Selection, view: LogView, requests: dict[str, AskLogs]) -> None:
        self.project = project
        self.selection = selection
        self.view = view
        self.requests = requests
        self._sessions: list[Session] = []
        self._over = False

    def read(self, hosts: list[Host]) -> int:
        """Reads until the hosts have no more, or Ctrl-C; gives back the exit status."""
        follow = any(request["follow"] for request in self.requests.values())
        try:
            good = results(self._read_one, hosts, len(hosts) if follow else self.selection.forks)
        except KeyboardInterrupt:
            return INTERRUPTED
        except BrokenPipeError:
            hush()
            return BROKEN_PIPE
        finally:
            self._over = True
            for session in self._sessions:
                session.close()
        return 0 if all(good) else 1

    def _read_one(self, host: Host) -> bool:
        from windlass.run.incoming import BOUNDLESS, Budget
        from windlass.run.run import reached

        asked = self.requests[host.name]
        budget = BOUNDLESS if asked["follow"] else Budget(PATIENCE, LARGEST)
        try:
            with reached(host, self.selection.connecting(), self.view.say, self.project.connection) as session:
                self._sessions.append(session)
                session.ask(asked, {}, lambda event: self.view.take(host.name, event), budget)
                if not self.view.heard(host.name):
                    raise AgentError("the agent ended without an answer")
        except HostError as error:
            if not self._over:
                self.view.failed(host.name, str(error))
            return False
        return True
