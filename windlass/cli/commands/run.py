"""`deploy.py run HOST -- COMMAND`: a command in an app's environment and current release, as the app's user."""

from __future__ import annotations

import json
import re
import threading
from typing import TYPE_CHECKING, Any

import click

from windlass.cli import completion
from windlass.cli.commands.hosts import Selection, no_apps, on_hosts, tell
from windlass.cli.commands.trailing import TRAILING, Trailing
from windlass.errors import HostError, UsageError
from windlass.output.interrupt import results
from windlass.output.terminal import BROKEN_PIPE, colours
from windlass.words import harmless

if TYPE_CHECKING:
    from windlass.host import Host
    from windlass.project import Project

# The longest line that is shown as one, and all that is kept for a JSON document (bytes).
LONGEST, LARGEST = 1024 * 1024, 256 * 1024 * 1024


@click.command(cls=Trailing, trailing="-- COMMAND...")
@click.option("--app", metavar="NAME", shell_complete=completion.apps, help="The app; needed where a host has several.")
@click.option("-T", "--no-terminal", is_flag=True, help="Plain pipes, even on a terminal.")
@on_hosts
@click.pass_context
def run(ctx: click.Context, /, app: str | None, no_terminal: bool, **options: Any) -> int:
    """Run a command as an app's user, in its environment, current release and sandbox: run HOST -- flask shell.

    On a terminal the command has one, too; else stdin is passed on. The exit status is that of the command. On
    several hosts the command has no input, its lines begin with the host, and the exit status is the highest one.

    On one host all that the command says goes to your terminal as it is, escape sequences too: run there what you trust
    with it, or look at it through a pager. On several hosts, and with --json, they are shown as what they are.
    """
    from windlass.run import attachment

    project: Project = ctx.obj
    selection = Selection(**options)
    argv: list[str] = ctx.meta.get(TRAILING, [])
    if not argv:
        raise UsageError("there is no command", hint="Write it behind two dashes: run HOST -- flask shell")
    hosts = selection.chosen(project)
    apps = {host.name: _app(host, app) for host in hosts}
    terminal = attachment.interactive() and not no_terminal and not selection.as_json
    if len(hosts) == 1 and not selection.as_json:
        return _attached(project, selection, hosts[0], (apps[hosts[0].name], argv), terminal=terminal)
    if terminal:
        raise UsageError(
            f"{' '.join(selection.hosts)!r} means {len(hosts)} hosts, and a terminal can be had of one alone",
            hint="Name one, or use --no-terminal.",
        )
    return _Everywhere(project, selection, argv, apps).run(hosts)


def _app(host: Host, name: str | None) -> str:
    names = host.app_names(name)
    if not names:
        raise no_apps(host.name)
    if len(names) > 1:
        raise UsageError(f"which app of {host.name}? there are {', '.join(names)}: name one with --app")
    return names[0]


def recorded(hosts: tuple[str, ...], argv: list[str]) -> str:
    """What hosts write down of it: arguments may be secrets, and so may what stands in place of the program's name."""
    match = re.match(r"(?!-)[^\s=:]*=?", argv[0])
    return f"run {' '.join(hosts)} -- {match[0] if match else ''}"


def _attached(
    project: Project, selection: Selection, host: Host, what: tuple[str, list[str]], *, terminal: bool
) -> int:
    from windlass.run.attachment import attach, request
    from windlass.run.run import reached

    app, argv = what
    command = recorded(selection.hosts, argv)
    asked = request(app, argv, command=command, attached=True, terminal=terminal)
    try:
        with reached(host, selection.connecting(), tell, project.connection) as session:
            return attach(session, asked)
    except BrokenPipeError:
        return BROKEN_PIPE
    except HostError as error:
        raise HostError(f"{host.name}: {error}") from error


class _Everywhere:
    """One command on several hosts, or for a program to read."""

    def __init__(self, project: Project, selection: Selection, argv: list[str], apps: dict[str, str]) -> None:
        self.project = project
        self.selection = selection
        self.argv = argv
        self.apps = apps
        self._width = max(map(len, apps))
        self._lock = threading.Lock()
        self._colour = colours()  # threads have no context of click's to ask

    def run(self, hosts: list[Host]) -> int:
        """Runs it, and shows what it says; gives back the highest exit status."""
        answers = results(self._run_one, hosts, self.selection.forks)
        if self.selection.as_json:
            click.echo(json.dumps({"hosts": answers}, indent=2))
        return max(1 if answer["error"] else answer["status"] for answer in answers)

    def _run_one(self, host: Host) -> dict[str, Any]:
        from windlass.run.attachment import Output, request
        from windlass.run.incoming import BOUNDLESS, Budget
        from windlass.run.run import reached

        app = self.apps[host.name]
        said = {1: bytearray(), 2: bytearray()}
        output = Output(lambda stream, data: self._take(host, said[stream], data, stream))
        error = None
        try:
            with reached(host, self.selection.connecting(), tell, self.project.connection) as session:
                command = recorded(self.selection.hosts, self.argv)
                asked = request(app, self.argv, command=command)
                session.ask(asked, {}, output.take, Budget(size=LARGEST) if self.selection.as_json else BOUNDLESS)
        except HostError as failure:
            error = str(failure)
            if not self.selection.as_json:
                words = f"{host.name}  {click.style('failed', fg='red')}  {error}"
                click.echo(words, err=True, color=self._colour)
        rest = {stream: words.decode(errors="replace") for stream, words in said.items()}
        if self.selection.as_json:
            return {"host": host.name, "error": error, "status": output.status, "stdout": rest[1], "stderr": rest[2]}
        for stream, words in rest.items():
            self._show(host, [words] if words else [], stream)
        return {"error": error, "status": output.status}

    def _take(self, host: Host, said: bytearray, data: bytes, stream: int) -> None:
        """Keeps what a command says: all of it for a program, else what is no whole line yet."""
        said += data
        if not self.selection.as_json:
            *lines, rest = said.split(b"\n")
            if len(rest) > LONGEST:
                lines, rest = [*lines, rest], bytearray()
            said[:] = rest
            self._show(host, [line.decode(errors="replace") for line in lines], stream)

    def _show(self, host: Host, lines: list[str], stream: int) -> None:
        name = click.style(f"{host.name:{self._width}}", fg="cyan")
        with self._lock:
            text = "".join(f"{name}  {harmless(line)}\n" for line in lines)
            click.echo(text, nl=False, err=stream == 2, color=self._colour)
