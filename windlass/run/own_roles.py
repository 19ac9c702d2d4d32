"""Roles of the project's own beside Windlass's: `roles/NAME.py` in the project folder, each behind the one it names.

Such a file says `AFTER = "nginx"` and has a generator function of its own name: `NAME(host, apps)` behind a role of
hosts, `NAME(host, app)` behind a role of apps. A file without AFTER is no role.
"""

from __future__ import annotations

import ast
import sys
import traceback
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from typing import TYPE_CHECKING, Any

from windlass.errors import UsageError
from windlass.template import also_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


@dataclass(frozen=True)
class OwnRole:
    """A role of the project; `path` is absolute, `place` names its file and the line of AFTER."""

    name: str
    path: Path
    after: str
    place: str


def find(project: Path) -> list[OwnRole]:
    """The roles of a project folder by name, read and not run. Raises UsageError for one that Python cannot read."""
    found = (_read(path, project) for path in sorted((project / "roles").glob("[!_]*.py")))
    return [role for role in found if role is not None]


def arranged(own: Iterable[OwnRole], *tables: list[str]) -> tuple[list[str], ...]:
    """Tables of names with the project's own in their places; several behind the same one come by name.

    Raises UsageError where one is to follow what is not there, or has the name of another.
    """
    result = tuple(list(table) for table in tables)
    waiting = list(own)
    for role in waiting:
        if any(role.name in table for table in tables):
            raise UsageError(f"{role.place}: Windlass has a role {role.name!r}", hint="Give the file another name.")
    while waiting:
        ready = [role for role in waiting if any(role.after in table for table in result)]
        if not ready:
            names = ", ".join(name for table in tables for name in table)
            role = waiting[0]
            raise UsageError(f"{role.place}: there is no role {role.after!r}", hint=f"There are: {names}.")
        for role in reversed(ready):
            table = next(table for table in result if role.after in table)
            table.insert(table.index(role.after) + 1, role.name)
        waiting = [role for role in waiting if role not in ready]
    return result


def load(role: OwnRole, project: Path) -> Callable[..., Any]:
    """The function of a role, which may import what lies in the project. Raises UsageError where there is none."""
    if str(project) not in sys.path:
        sys.path.append(str(project))
    also_from(project / "templates")
    spec = spec_from_file_location(f"own_roles.{role.name}", role.path)
    assert spec is not None  # noqa: S101 - the name ends in .py
    assert spec.loader is not None  # noqa: S101
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        line = next((frame.lineno for frame in reversed(frames) if frame.filename == str(role.path)), 1)
        file = role.path.relative_to(project)
        raise UsageError(f"{file}:{line}: {type(error).__name__}: {error}") from None
    function = getattr(module, role.name, None)
    if not callable(function):
        raise UsageError(
            f"{role.path.relative_to(project)}: there is no function {role.name!r}, which a role of that name needs",
            hint=f"def {role.name}(host, apps): behind a role of hosts, def {role.name}(host, app): behind one of apps",
        )
    return function  # type: ignore[no-any-return]


def _read(path: Path, project: Path) -> OwnRole | None:
    file = path.relative_to(project)
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        raise UsageError(f"{file}:{getattr(error, 'lineno', 1)}: {getattr(error, 'msg', error)}") from None
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="AFTER")], value=ast.Constant(value=str(after))):
                return OwnRole(path.stem, path, after, f"{file}:{node.lineno}")
    return None
