"""The commands as Fabric tasks: `fab -c deploy --list`, `fab -c deploy -H root@HOST provision --check`.

A task is made from its click command, so both have the same words. With `-H`, Fabric's own connection is used and its
host is the HOST of the command; without, hosts are named with `--hosts`.
"""

from __future__ import annotations

import inspect
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import fabric
from invoke.collection import Collection

from windlass.cli.cli import COMMANDS, FOLDER, cli, run
from windlass.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator


# A task has no place for a command line behind two dashes; Fabric has its own: `fab -H root@HOST -- COMMAND`.
NO_TASKS = frozenset({"run", "ssh"})


def collection() -> Collection:
    """All commands but these as tasks; those of a group (`lab`) as a collection of its name."""
    tasks = Collection()
    context = click.Context(cli)
    for name in (name for name in COMMANDS if name not in NO_TASKS):
        command = cli.get_command(context, name)
        if isinstance(command, click.Group):
            group = Collection(name)
            for below, subcommand in command.commands.items():
                group.add_task(_task([name, below], subcommand), name=below)
            tasks.add_collection(group)
        elif command is not None:
            tasks.add_task(_task([name], command), name=name)
    return tasks


def _task(path: list[str], command: click.Command) -> fabric.Task:
    def body(context: Any, **values: Any) -> None:
        connection = context if isinstance(context, fabric.Connection) else None
        takes_hosts = any(parameter.name == "hosts" for parameter in command.params)
        if connection is not None and takes_hosts:
            values["hosts"] = connection.host
        folder = Path(os.environ.get("WINDLASS_PROJECT", FOLDER))
        project = Project(folder, connection if takes_hosts else None)
        status = run([*path, *_arguments(command, values)], project)
        if status:
            sys.exit(status)

    # Invoke reads a task's options off its signature and its help off the docstring. It gives each the first letter
    # that is free: those that have one of their own come before.
    body.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD),
            *(
                inspect.Parameter(
                    _name(parameter), inspect.Parameter.POSITIONAL_OR_KEYWORD, default=_default(parameter)
                )
                for parameter in sorted(command.params, key=_has_no_letter)
            ),
        ]
    )
    body.__doc__ = command.help
    body.__name__ = path[-1]
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    return fabric.task(
        body,
        help={_name(option): option.help for option in options if option.help},
        iterable=[_name(option) for option in options if option.multiple],
        incrementable=[_name(option) for option in options if option.count],
    )


def _has_no_letter(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option) and all(name.startswith("--") for name in parameter.opts)


def _name(parameter: click.Parameter) -> str:
    """The long option without its dashes, or the argument's name."""
    if isinstance(parameter, click.Option):
        return parameter.opts[-1].lstrip("-").replace("-", "_")
    return parameter.name or ""


def _default(parameter: click.Parameter) -> Any:
    if not isinstance(parameter, click.Option):
        return ""
    return [] if parameter.multiple else 0 if parameter.count else False if parameter.is_flag else ""


def _arguments(command: click.Command, values: dict[str, Any]) -> Iterator[str]:
    """The command line that says the same as the values of a task."""
    positional: list[str] = []
    for parameter in command.params:
        value = values.get(_name(parameter))
        if value in (None, "", False, 0, []):
            continue
        if isinstance(parameter, click.Argument):
            positional += str(value).split(",")
        elif value is True:
            yield parameter.opts[-1]
        elif isinstance(value, list):
            yield from (f"{parameter.opts[-1]}={each}" for each in value)
        elif getattr(parameter, "count", False):
            yield from [parameter.opts[-1]] * int(value)
        else:
            yield f"{parameter.opts[-1]}={value}"
    yield from ["--", *positional] if positional else []
