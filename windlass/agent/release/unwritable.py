"""Where an app would have written beside its code, as what it said tells, and the setting that lets it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from windlass.agent.release.data import home, is_database

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from windlass.agent.release.records import Releases

# What Python and a shell say of a path that cannot be written, or that would lie in a folder that is not there.
_PATH = re.compile(
    r"\[Errno (?:2|13|30)\] [A-Z][\w -]+: b?(?:'(?P<one>[^']+)'|\"(?P<two>[^\"]+)\")"
    r"|cannot (?:create|touch|open)(?: directory| regular file)? [\u2018']?(?P<shell>[^\u2018\u2019':]+)[\u2019']?: "
    r"(?:Read-only file system|Permission denied|Directory nonexistent|No such file or directory)"
)
# Of a file that is renamed, for example a log that is rotated: the folder it lies in is written to.
_RENAMED = re.compile(r"\[Errno (?:13|16|18|30)\] [A-Z][\w -]+: '([^']+)' -> '([^']+)'")
_CANNOT_OPEN, _READ_ONLY = "unable to open database file", "attempt to write a readonly database"
# For `journalctl --grep`: one of these is in each line that may tell.
PATTERN = rf"Errno (2|13|30)\]|{_CANNOT_OPEN}|{_READ_ONLY}"
# A database in a text: behind sqlite:///, or by the ending of its name.
_DATABASE = re.compile(r"sqlite(?:\+\w+)?:///([\w./@+-]+)|[\"']([\w./@+-]+\.(?:db|sqlite|sqlite3|db3))[\"']")
_TEXTS = (".py", ".cfg", ".ini", ".toml", ".yml", ".yaml", ".json", ".env")
# Of a file that this one lies beside, its folder is code, and no place for what an app writes.
_CODE = (".py", ".html", ".css", ".js")
# So many databases are named at most, and so much of a text is read (bytes).
MOST, LONGEST = 4, 256 * 1024


def advice(releases: Releases, app: str, release: str, lines: Sequence[str]) -> str | None:
    """The setting for what `lines` of a release's output tell of the last path it could not write; None = nothing."""
    record = releases.record(release)
    if record is None:
        return None
    code, known, variables = f"{releases.path(release)}/code", record.data, releases.environment(record).variables
    for line in reversed(lines):
        if (renamed := _RENAMED.search(line)) and (path := _in_code(app, code, renamed[2])):
            return _of_renamed(renamed[1], path, known)
        found = _of_line(app, code, line, variables)
        wanted = list(dict.fromkeys(place for place in found if not _is_known(place, known)))
        if wanted:
            named = [path for path in known if os.path.basename(path.rstrip("/")) != "instance"]
            entry = ", ".join([*map(_written, named), *map(_written, wanted)])
            what = " and ".join(place.rstrip("/") for place in wanted)
            return f"If the app writes to {what}: `data: [{entry}]` keeps it in {home(app)}, across releases."
    return None


def _of_renamed(old: str, new: str, known: Sequence[str]) -> str | None:
    if _is_known(os.path.dirname(new) or ".", known):
        return None
    name = min(os.path.basename(old), os.path.basename(new), key=len)
    return (
        f"The app gives {os.path.basename(old)} another name: what it renames has to lie in a folder that is data."
        f" Have it write to files/{name}, for example, and say `data: [files]`."
    )


def _of_line(app: str, code: str, line: str, variables: Mapping[str, str]) -> list[str]:
    if _READ_ONLY in line:
        return [_place(code, path) for path in _databases(code)][:MOST]
    if _CANNOT_OPEN in line:
        return [_place(code, path) for path in _named_databases(code, variables)][:MOST]
    found = _PATH.search(line)
    if found is None:
        return []
    path = _in_code(app, code, found["one"] or found["two"] or found["shell"])
    if path is None:
        return []
    # A file that is missing from a folder that is there would only be read.
    read = "[Errno 2]" in line and os.path.isdir(os.path.dirname(f"{code}/{path}"))
    return [] if read else [_place(code, path)]


def _in_code(app: str, code: str, path: str) -> str | None:
    """A path as one in the code, where the app's processes begin; None = it is elsewhere."""
    path = re.sub(rf"^/srv/{re.escape(app)}/(current|releases/[^/]+)/code(?=/)", code, path)
    inner = os.path.relpath(os.path.normpath(os.path.join(code, path)), code)
    return None if inner == "." or inner.split("/")[0] == ".." else inner


def _place(code: str, path: str) -> str:
    """What is to be data, so that `path` can be written: itself, or the folder that it lies in, with a `/` behind."""
    steps = path.split("/")
    for number in range(1, len(steps)):
        above = "/".join(steps[:number])
        if not os.path.isdir(f"{code}/{above}"):
            return f"{above}/"  # a folder that the app makes, or wants to be there
    if os.path.isdir(f"{code}/{path}"):
        return f"{path}/"
    above = os.path.dirname(path)
    if above and not any(name.endswith(_CODE) for name in os.listdir(f"{code}/{above}")):
        return f"{above}/"
    return path if "." in os.path.basename(path)[1:] else f"{path}/"


def _is_known(place: str, known: Sequence[str]) -> bool:
    return any(f"{place.rstrip('/')}/".startswith(f"{path.rstrip('/')}/") for path in known)


def _written(path: str) -> str:
    """As it stands in an inventory, where a folder needs its `/` only if its name has a dot."""
    return path if "." in os.path.basename(path.rstrip("/"))[1:] else path.rstrip("/")


def _files(code: str) -> Iterator[str]:
    for place, folders, names in os.walk(code):
        folders[:] = sorted(name for name in folders if name not in ("tests", "test", "node_modules"))
        yield from (f"{place}/{name}" for name in sorted(names) if os.path.isfile(f"{place}/{name}"))


def _databases(code: str) -> Iterator[str]:
    """The SQLite databases in the code itself, which came with it."""
    for path in _files(code):
        if not os.path.islink(path) and is_database(path):
            yield os.path.relpath(path, code)


def _named_databases(code: str, variables: Mapping[str, str]) -> Iterator[str]:
    """Where the databases may be meant to lie that code and environment name; none is there yet."""
    for value in variables.values():
        yield from _meant(code, code, f"'{value}'")
    for path in _files(code):
        if path.endswith(_TEXTS):
            with open(path, encoding="utf-8", errors="replace") as file:
                yield from _meant(code, os.path.dirname(path), file.read(LONGEST))


def _meant(code: str, beside: str, text: str) -> Iterator[str]:
    """Databases named in a text: relative to where processes begin, or to the file that names them."""
    for found in _DATABASE.finditer(text):
        name = (found[1] or found[2]).removeprefix("./")
        if not name.startswith("/"):
            folders = (code,) if text[: found.start()].endswith("connect(") else (code, beside)
            yield from (os.path.relpath(f"{folder}/{name}", code) for folder in folders)
