"""What an app writes beside its code: paths of the code that lead to /var/lib/APP, where they survive releases.

Links, not mounts: SQLite makes the files beside a database where the link leads, and the app, its commands and root see
the same. The app's own folder is written to as the app alone: who has taken it over has no help from root.
"""

from __future__ import annotations

import filecmp
import os
from typing import TYPE_CHECKING

from windlass.agent.failures import Failed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from windlass.agent.machine import Machine

# What the source has in those places, in the folder of a release, beside its code.
FIRST = "first"
DATABASE = b"SQLite format 3\0"
# Paths in one argument list.
AT_ONCE = 500


def home(app: str) -> str:
    """Where an app's data lives."""
    return f"/var/lib/{app}"


def lead(folder: str, app: str, paths: Iterable[str]) -> None:
    """Has `paths` of the code in a release's fresh `folder` lead to the app's data; what is there is put by."""
    for name in (path.rstrip("/") for path in paths):
        inside, aside = f"{folder}/code/{name}", f"{folder}/{FIRST}/{name}"
        if os.path.lexists(inside):
            os.makedirs(os.path.dirname(aside), mode=0o700, exist_ok=True)
            os.rename(inside, aside)
        else:
            os.makedirs(os.path.dirname(inside), mode=0o700, exist_ok=True)
        os.symlink(f"{home(app)}/{name}", inside)


def missing(app: str, paths: Iterable[str]) -> list[str]:
    """The folders among `paths`, and those that files among them lie in, that are not there."""
    folders = dict.fromkeys(f"{path[: path.rfind('/')]}/" for path in paths if "/" in path)
    return [folder for folder in folders if not os.path.isdir(f"{home(app)}/{folder}")]


def fill(machine: Machine, app: str, folder: str, paths: Sequence[str], before: str = "") -> None:
    """Makes the folders among `paths`, and gives them their first content, in which nothing is overwritten.

    `folder` is the release's, `before` that of the one which serves ("" = none): what that one brought is not brought
    again, for the app may have removed it. Raises Failed.
    """
    for path in paths:
        _check_kind(f"{home(app)}/{path.rstrip('/')}", path)
    first, known = f"{folder}/{FIRST}", f"{before}/{FIRST}"
    shipped = _below(first)
    lacking = [name for name in shipped if not os.path.lexists(f"{home(app)}/{name}")]
    wanted = [name for name in lacking if not before or not os.path.lexists(f"{known}/{name}")]
    _as_app(machine, app, ("mkdir", "-p", "--"), [f"{home(app)}/{path}" for path in missing(app, paths)])
    copy = ("cp", "--parents", "--no-clobber", "-P", f"--target-directory={home(app)}", "--")
    _as_app(machine, app, copy, wanted, first)
    for name in shipped:
        if name in wanted and is_database(f"{first}/{name}"):
            _warn(machine, f"{app}: {name}, a database that the source has, is the first that {home(app)} has")
        elif name not in lacking and before and _is_another(f"{first}/{name}", f"{known}/{name}"):
            _warn(machine, f"{app}: {name} is another one in this release; {home(app)}/{name} is kept as it is")


def _check_kind(place: str, path: str) -> None:
    if path.endswith("/") and os.path.lexists(place) and not os.path.isdir(place):
        raise Failed(f"{place} is no folder, as `data` has it", hint=f"Move it away: mv {place} {place}.old")
    if not path.endswith("/") and os.path.isdir(place):
        hint = f"Write `{path}/` in `data` if it is to be one, or move it away: mv {place} {place}.old"
        raise Failed(f"{place} is a folder, and `data` has a file there", hint=hint)


def _below(first: str) -> list[str]:
    """The files in it, by their paths in the code; links are left out, for they would lead elsewhere now."""
    found = (f"{place}/{name}" for place, _, names in os.walk(first) for name in names)
    return sorted(os.path.relpath(path, first) for path in found if not os.path.islink(path))


def _as_app(machine: Machine, app: str, command: Sequence[str], paths: Sequence[str], cwd: str = "/") -> None:
    for start in range(0, len(paths), AT_ONCE):
        machine.run([*command, *paths[start : start + AT_ONCE]], user=app, cwd=cwd, timeout=600)


def is_database(path: str) -> bool:
    """Whether a file is one of SQLite's."""
    with open(path, "rb") as file:
        return file.read(len(DATABASE)) == DATABASE


def _is_another(path: str, known: str) -> bool:
    return os.path.isfile(known) and not filecmp.cmp(path, known, shallow=False)


def _warn(machine: Machine, text: str) -> None:
    machine.tell({"type": "warning", "text": text})
