"""The command line: finds the command, runs it, and turns errors into one message and an exit status."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from click.shell_completion import CompletionItem

from windlass.errors import WindlassError
from windlass.output.terminal import colours
from windlass.project import Project
from windlass.words import harmless

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = Path(__file__).parents[2]

# Each is a module of windlass.cli.commands with a click command of the same name, imported when it is asked for, so
# that `--help` is quick: hence the words here.
COMMANDS = {
    "init": "An app's lines in the inventory, from what its code says.",
    "provision": "Bring hosts to what inventory and roles say.",
    "deploy": "New code on hosts, with no request lost.",
    "rollback": "Back to a release that was good, with no request lost.",
    "releases": "The releases of each app on hosts.",
    "audit": "Who did what on hosts, and what came of it.",
    "remove": "An app leaves a host; its data stays until you say so.",
    "status": "Each app's release, process, health and certificate.",
    "logs": "What apps and nginx say, as it was or as it comes.",
    "run": "A command in an app's environment, as the app's user.",
    "ssh": "A login as the inventory says.",
    "facts": "What hosts are: system, Python, CPUs, memory, addresses.",
    "secrets": "What only the apps may know: encrypted beside the inventory.",
    "inventory": "Groups, hosts and settings as Windlass reads them.",
    "settings": "What can be set in the inventory, explained.",
    "completion": "What makes a shell complete command lines.",
    "lab": "Disposable hosts on this machine to try everything on.",
}


class Commands(click.Group):
    """The commands, imported on demand; an unknown one is answered with the nearest."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"windlass.cli.commands.{name}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        found = [CompletionItem(name, help=words) for name, words in COMMANDS.items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS and not ctx.resilient_parsing:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, 1, 0.5)
            question = f" Did you mean '{near[0]}'?" if near else f" There are: {', '.join(COMMANDS)}."
            ctx.fail(f"No such command '{args[0]}'.{question}")
        return super().resolve_command(ctx, args)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
    default=FOLDER,
    envvar="WINDLASS_PROJECT",
    show_default="the folder of deploy.py",
    help="The folder that holds inventory/, .windlass/, and roles/ and kinds/ of your own.",
)
@click.option("--debug", is_flag=True, help="Show tracebacks and the SSH library's log.")
@click.version_option(package_name=None, version=import_module("windlass").__version__, prog_name="windlass")
@click.pass_context
def cli(ctx: click.Context, project: Path, debug: bool) -> None:
    """Hauls a Flask app from a bare Linux host to production, and keeps it there.

    \b
    ./deploy.py lab up                     a disposable local host to try it on
    ./deploy.py init SOURCE --host HOST    an app's lines in the inventory
    ./deploy.py provision HOST             a bare host becomes production
    ./deploy.py deploy HOST                new code, no request lost
    """
    if ctx.obj is None:
        ctx.obj = Project(project)
    ctx.color = colours()
    if debug:
        show_everything()


def show_everything() -> None:
    """What `--debug` asks for, beside tracebacks: the SSH library's log."""
    import logging

    class Harmless(logging.Formatter):
        """Hosts are quoted."""

        def format(self, record: logging.LogRecord) -> str:
            return harmless(super().format(record))

    logging.basicConfig(level=logging.DEBUG)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(Harmless(logging.BASIC_FORMAT))


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs a command line and exits: 0 done, 1 a host failed, 2 usage or inventory, 130 Ctrl-C or SIGTERM."""
    arguments = sys.argv[1:] if arguments is None else arguments
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: says what was done, leaves nothing open
    try:
        status = run(arguments)
    except KeyboardInterrupt:  # the second one, while the first was being answered
        status = 130
    # Threads of a closed SSH connection take a while to notice; nothing is left for them to do. One may be asking for a
    # passphrase, though, on a terminal that does not show what is typed.
    if asked := sys.modules.get("windlass.output.questions"):
        asked.stop()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def run(arguments: Sequence[str], project: Project | None = None) -> int:
    """Runs a command line and gives back its exit status; `project` None = from `--project`."""
    ours = list(takewhile(lambda argument: argument != "--", arguments))  # the rest is another program's
    try:
        status = cli.main(list(arguments), prog_name="deploy.py", standalone_mode=False, obj=project)
        return status if isinstance(status, int) else 0
    except click.ClickException as error:
        error.show()
        return error.exit_code if "--json" not in ours else _as_json(error.format_message(), error.exit_code)
    except WindlassError as error:
        if "--debug" in ours:
            click.echo(harmless(traceback.format_exc()), err=True, nl=False)
        return _refuse(ours, str(error), error.exit_status)
    except OSError as error:
        if "--debug" in ours:
            click.echo(harmless(traceback.format_exc()), err=True, nl=False)
        return _refuse(ours, harmless(f"{error.strerror or error}: {error.filename or 'output'}"), 1)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; run the same command again to finish", err=True)
        return 130


def _refuse(arguments: Sequence[str], message: str, status: int) -> int:
    click.echo(f"{click.style('error:', fg='red')} {message}", err=True, color=colours())
    return _as_json(message, status) if "--json" in arguments else status


def _as_json(message: str, status: int) -> int:
    """What a program reads that has asked for JSON: a document even when nothing could be begun."""
    import json

    version = import_module("windlass").__version__
    document = {"windlass": version, "command": None, "check": None, "error": message, "hosts": []}
    with suppress(OSError):  # of the output it may be that this tells
        click.echo(json.dumps(document))
    return status
