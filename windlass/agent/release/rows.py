"""The rows in an app's SQLite databases: what a command of a release makes of them, and the way back.

The databases are the app's own, so it is the app that reads and copies them, under the restrictions of its unit.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent.failures import Failed
from windlass.agent.release import space
from windlass.agent.release.data import DATABASE, home
from windlass.agent.resources import confined
from windlass.agent.resources.package_index import PYTHON

if TYPE_CHECKING:
    from collections.abc import Sequence

    from windlass.agent.machine import Machine

ENDINGS = (".db", ".db3", ".sqlite", ".sqlite3", "")
# Databases larger than this in all are not copied (bytes), and so not looked at.
LARGEST = 512 * 1024 * 1024
COPIES = ".windlass-before"
TIMEOUT = 600
# A table that has lost more than this part of its rows has been made anew.
MOST_LOST = 0.5

# Run as the app: `look` counts the rows of each table of each database, `copy` does so after copying them, `back` after
# copying them back. Copying goes by SQLite itself: who has a database open sees the change.
_SCRIPT = """
import json, os, shutil, sqlite3, sys
what, copies, *paths = sys.argv[1:]
def copied(source, target):
    with sqlite3.connect(source, timeout=60) as old, sqlite3.connect(target, timeout=60) as new:
        old.backup(new)
def rows(path):
    with sqlite3.connect(path, timeout=60) as database:
        names = database.execute("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
        quoted = [(name, name.replace('"', '""')) for name, in names]
        return {name: database.execute(f'select count(*) from "{words}"').fetchone()[0] for name, words in quoted}
if what == "copy":
    shutil.rmtree(copies, ignore_errors=True)
    os.mkdir(copies, 0o700)
found = {}
for number, path in enumerate(paths):
    if what == "copy":
        copied(path, f"{copies}/{number}")
    if what == "back":
        copied(f"{copies}/{number}", path)
    try:
        found[path] = rows(path) if os.path.exists(path) else {}
    except sqlite3.DatabaseError:
        found[path] = {}
print(json.dumps(found))
"""
Rows = dict[str, dict[str, int]]  # of each database by its path, of each table by its name


@dataclass
class Guard:
    """The databases of `app`, around a command that could empty them; `properties` are the lines of its unit."""

    machine: Machine
    app: str
    properties: Sequence[str]

    def begin(self) -> None:
        """Copies the databases; without one, with too much, or where that fails, nothing is guarded."""
        self._paths = databases(home(self.app))
        self._before: Rows = {}
        size = sum(os.lstat(path).st_size for path in self._paths)
        if not self._paths or size > LARGEST:
            return
        try:
            space.check(home(self.app), size, "a copy of the app's database")
            self._before = self._run("copy")
        except Failed as failure:
            self.machine.tell({"type": "warning", "text": f"{self.app}: its database is not copied first: {failure}"})

    def end(self, what: str, command: str) -> None:
        """Raises Failed, with the databases as they were, if a command (`what` it is) has emptied one of them."""
        if not self._before:
            return
        emptied = [path for path, after in self._run("look").items() if lost(self._before[path], after)]
        if emptied:
            self._run("back")
        shutil.rmtree(f"{home(self.app)}/{COPIES}", ignore_errors=True)
        if emptied:
            those = " and ".join(f"{path} ({_counted(self._before[path])})" for path in emptied)
            raise Failed(
                f"the {what} `{command}` has emptied {those}, which is as it was before again",
                hint="What makes tables anew is a `setup_command`, which runs before the first release alone. If the"
                f" rows are to go: ./deploy.py run HOST --app {self.app} -- {command}",
            )

    def _run(self, what: str) -> Rows:
        argv = [PYTHON, "-I", "-S", "-c", _SCRIPT, what, f"{home(self.app)}/{COPIES}", *self._paths]
        said = confined.run(self.machine, argv, user=self.app, properties=self.properties, env={}, timeout=TIMEOUT)
        known: Rows = json.loads(said.splitlines()[-1])
        return known


def databases(folder: str) -> list[str]:
    """The SQLite databases below an app's folder, found without following a link of the app's."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = (f"{place}/{name}" for name in sorted(names) if os.path.splitext(name)[1] in ENDINGS)
        found += [path for path in paths if _begins(path) == DATABASE]
    return found


def empty(folder: str) -> list[str]:
    """Files below an app's folder that have a database's name, and nothing in them."""
    found = (f"{place}/{name}" for place, _, names in os.walk(folder) for name in names)
    return sorted(path for path in found if path.endswith(ENDINGS[:-1]) and _begins(path) == b"")


def lost(before: dict[str, int], after: dict[str, int]) -> bool:
    """Whether all tables that had rows have lost most of them, and no other has them instead."""
    had = {name: count for name, count in before.items() if count}
    emptied = all(after.get(name, 0) < MOST_LOST * count for name, count in had.items())
    return bool(had) and emptied and sum(after.values()) < MOST_LOST * sum(before.values())


def _counted(rows: dict[str, int]) -> str:
    return ", ".join(f"{count} in {name}" for name, count in rows.items() if count)


def _begins(path: str) -> bytes | None:
    """The first bytes of a file; None = it is no plain one."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        return file.read(len(DATABASE)) if stat.S_ISREG(os.fstat(handle).st_mode) else None
