"""`deploy.py settings`: what can be set in an inventory, from the same models that check it."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from itertools import groupby
from typing import TYPE_CHECKING

import click

from windlass.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.output.answer_document import SettingDocument
    from windlass.settings.reference import Setting

TOP = "for a host or group, at the top"


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def settings(name: str | None, as_json: bool) -> None:
    """Explain the settings of the inventory: all of them, or NAME (tls, apps.drain_timeout, drain_timeout).

    They go under a host, under `vars` of a group, or into group_vars/GROUP.yml and host_vars/HOST.yml.
    """
    from windlass.inventory.connection import SYNONYMS, Connection
    from windlass.settings import reference

    known = [*reference.settings(), *reference.settings(Connection)]
    known.sort(key=lambda setting: setting.section != "")
    found = known if name is None else reference.matching(SYNONYMS.get(name, name), known)
    if not found:
        raise _unknown(str(name), known)
    if as_json:
        click.echo(json.dumps({"settings": [_plain(setting) for setting in found]}, indent=2, default=str))
    else:
        click.echo("\n".join(_lines(found)))


def _unknown(name: str, known: list[Setting]) -> UsageError:
    from windlass.inventory.problems import nearest

    short = [setting.way[-1] for setting in known]
    near = (
        nearest(name, [setting.name for setting in known])
        or next((each for each in short if name and name in each), None)
        or nearest(name.rpartition(".")[2], short)
    )
    hint = f"did you mean {near!r}?" if near else "./deploy.py settings shows all"
    return UsageError(f"there is no setting {name!r}", hint=hint)


def _plain(setting: Setting) -> SettingDocument:
    return {
        "name": setting.name,
        "type": setting.type,
        "default": setting.default,
        "required": setting.required,
        "description": setting.description,
    }


def _lines(found: list[Setting]) -> Iterator[str]:
    width = max(len(setting.way[-1]) for setting in found)
    for number, (section, settings) in enumerate(groupby(found, lambda setting: setting.section)):
        if number:
            yield ""
        yield click.style(section or TOP, fg="cyan")
        for setting in settings:
            first, *more = _parts(f"{setting.type}{_default(setting)}", width + 4)
            yield f"  {click.style(f'{setting.way[-1]:{width}}', bold=True)}  {first}"
            more += [click.style(part, dim=True) for part in _parts(setting.description, width + 4)]
            yield from (f"  {'':{width}}  {part}" for part in more)


def _parts(text: str, indent: int) -> list[str]:
    """A text in lines that fit behind so many spaces, where somebody watches."""
    if not sys.stdout.isatty():
        return [text]
    room = max(shutil.get_terminal_size().columns - indent, 20)
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)


def _default(setting: Setting) -> str:
    if setting.required:
        return click.style("; required", fg="yellow")
    if setting.default is None:
        return ""
    shown = json.dumps(setting.default, default=str)
    return f"; default {shown if shown in ('[]', '{}') else shown.strip(chr(34))}"
