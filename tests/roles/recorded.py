"""What each role declares for the hosts of `reference/hosts.yml`, as text; `python -m tests.roles.recorded` writes it.

The files lie in `recorded/HOST/ROLE.txt`: a change of a role shows there what changes on a host.
"""

from __future__ import annotations

import shutil
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.lab.commands import ROOT
from windlass.agent.resources.content import Content
from windlass.host import Facts
from windlass.inventory import load
from windlass.run.plan import Roles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.agent.resources import Resource

HERE = Path(__file__).parent
FOLDER = HERE / "recorded"
VERSIONS = {"debian12": ("12", "bookworm", "3.11.2"), "debian13": ("13", "trixie", "3.13.5")}
WIDTH = 80  # longer lists have a line for each
OF_THE_FAMILY = ("machine", "notify", "sensitive", "wavering")
OF_THE_CHECKOUT = ("commit", "dirty")


def recordings() -> dict[str, str]:
    """The text of each file by its name below `recorded/`."""
    found: dict[str, str] = {}
    for name, host in load(HERE / "reference").hosts.items():
        version, codename, python = VERSIONS[name]
        memory = 2 << 30
        host.facts = Facts(
            "debian", version, codename, "x86_64", python, 2, memory, ["192.0.2.7"], True, name, True, "6.1"
        )
        blocks: dict[str, list[str]] = {}
        for entry in Roles(project=ROOT).entries(host):
            blocks.setdefault(entry.role, []).append("".join(f"{line}\n" for line in _lines(entry.resource)))
        found |= {f"{name}/{role}.txt": "\n".join(declared) for role, declared in blocks.items()}
    return found


def _lines(resource: Resource) -> Iterator[str]:
    yield resource.name
    for field in fields(resource)[1:]:  # type: ignore[arg-type]
        value = getattr(resource, field.name)
        if field.name not in OF_THE_FAMILY + OF_THE_CHECKOUT and value not in ("", None, [], (), {}):
            yield from _field(field.name, value)
    for notified in resource.notify:
        yield f"  notifies {notified.name}"


def _field(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, Content):
        yield from _content(name, value.read())
    elif isinstance(value, list | tuple) and len(str(value)) > WIDTH:
        yield f"  {name}:"
        yield from (f"    - {each}" for each in value)
    else:
        yield f"  {name}: {f'{value:04o}' if name == 'mode' else value}"


def _content(name: str, data: bytes) -> Iterator[str]:
    try:
        lines = data.decode().splitlines()
    except UnicodeDecodeError:
        yield f"  {name}: binary"
    else:
        yield f"  {name}:"
        yield from (f"    | {line}".rstrip() for line in lines)


def write() -> None:
    """Makes all files anew."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name, text in recordings().items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    write()
