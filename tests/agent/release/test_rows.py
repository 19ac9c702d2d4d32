"""Databases around a command that may empty them, on this machine."""

from __future__ import annotations

import io
import os
import pwd
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from subprocess import PIPE

import pytest

from windlass.agent.failures import Failed
from windlass.agent.machine import Machine
from windlass.agent.release import data, rows
from windlass.agent.release.rows import Guard, databases, empty, lost
from windlass.agent.wire import Wire


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    (folder / "instance").mkdir(parents=True)
    for module in (data, rows):
        monkeypatch.setattr(module, "home", lambda app: str(folder))
    return folder


def execute(path: Path, *lines: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        for line in lines:
            database.execute(line)


def filled(path: Path) -> Path:
    execute(path, "create table post (x)", *["insert into post values (1)"] * 3, "create table tag (x)")
    return path


def guard(told: io.BytesIO | None = None) -> Guard:
    machine = Machine(Wire(io.BytesIO(), told or io.BytesIO()), lambda: None)
    return Guard(machine, pwd.getpwuid(os.getuid()).pw_name, [])


def count(path: Path, table: str = "post") -> int:
    with closing(sqlite3.connect(path)) as database:
        found: int = database.execute(f"select count(*) from {table}").fetchone()[0]
        return found


SERVING = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
for _ in range(2):
    print(database.execute("select count(*) from post").fetchone()[0], flush=True)
    sys.stdin.readline()
"""
EMPTYING = {
    "dropped": ("drop table post",),
    "made anew": ("drop table post", "create table post (x, y)", "insert into post values (1, 2)"),
    "deleted": ("delete from post",),
}


@pytest.mark.parametrize("how", EMPTYING)
def test_what_empties_a_database_is_undone(home: Path, how: str) -> None:
    path = filled(home / "instance/app.sqlite")
    execute(path, "pragma journal_mode=wal")
    # A release that serves has it open meanwhile. (In this process its locks would go when another closes the file.)
    serving = subprocess.Popen([sys.executable, "-c", SERVING, path], stdin=PIPE, stdout=PIPE, text=True)
    assert serving.stdout
    assert serving.stdout.readline() == "3\n"
    around = guard()
    around.begin()
    execute(path, *EMPTYING[how])
    with pytest.raises(Failed) as failure:
        around.end("release command", "flask init-db")
    what = f"{path} (3 in post)"
    assert str(failure.value) == (
        f"the release command `flask init-db` has emptied {what}, which is as it was before again"
    )
    assert failure.value.hint == (
        "What makes tables anew is a `setup_command`, which runs before the first release alone. If the rows are to go:"
        f" ./deploy.py run HOST --app {around.app} -- flask init-db"
    )
    assert serving.communicate("go on\n", timeout=60) == ("3\n", None)
    assert os.listdir(home) == ["instance"]


GOOD = {
    "nothing": (),
    "another column": ("alter table post add column y",),
    "another name": ("alter table post rename to entry",),
    "more rows": ("insert into post values (2)",),
    "an empty one dropped": ("drop table tag",),
    "one of two dropped": ("drop table other",),
}


@pytest.mark.parametrize("how", GOOD)
def test_a_migration_stays(home: Path, how: str) -> None:
    path = filled(home / "app.db")
    execute(path, "create table other (x)", "insert into other values (1)")
    around = guard()
    around.begin()
    execute(path, *GOOD[how])
    around.end("release command", "flask db upgrade")
    assert count(path, "entry" if how == "another name" else "post") == 3 + (how == "more rows")
    assert set(os.listdir(home)) == {"app.db", "instance"}


def test_where_there_is_nothing_to_lose_nothing_is_copied(home: Path) -> None:
    around = guard()
    around.begin()
    filled(home / "new.db")
    around.end("setup command", "flask init-db")
    assert lost({"post": 0}, {}) is False
    assert lost({}, {}) is False


def test_a_database_that_cannot_be_copied_stops_nothing(home: Path) -> None:
    (home / "app.db").write_bytes(data.DATABASE + b"damaged" * 200)
    told = io.BytesIO()
    around = guard(told)
    around.begin()
    around.end("release command", "true")
    assert "its database is not copied first" in told.getvalue().decode()


def test_databases_and_empty_files(home: Path) -> None:
    filled(home / "instance/app")
    filled(home / "app.db")
    (home / "empty.sqlite3").touch()
    (home / "text.db").write_text("no database")
    (home / "notes.txt").touch()
    (home / "link.db").symlink_to("app.db")
    os.mkfifo(home / "pipe.db")
    assert databases(str(home)) == [f"{home}/app.db", f"{home}/instance/app"]
    assert empty(str(home)) == [f"{home}/empty.sqlite3"]
