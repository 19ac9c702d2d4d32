"""Which line of the inventory lets an app write where it could not, as what it said tells."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.releases import release
from windlass.agent.release.environment import Environment
from windlass.agent.release.records import Releases
from windlass.agent.release.unwritable import advice

CODE = "/srv/shop/releases/one/code"
FILES = ("app.py", "shop/__init__.py", "static/site.css", "pics/me.png", "templates/a.html", "tests/db.py")


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = release(tmp_path, "one", data=["instance/", "known/"])
    (folder / "env").write_bytes(Environment({}, frozenset()).file())
    for name in FILES:
        (folder / "code" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "code" / name).touch()
    return folder / "code"


def entry(code: Path, *lines: str) -> str:
    """What stands in the setting that is advised."""
    words = advice(Releases(str(code.parents[2])), "shop", "one", lines)
    if words is None:
        return ""
    line = words.partition("`data: [")[2].partition("]` keeps it in /var/lib/shop, across releases.")
    assert line[1]
    return line[0].removeprefix("known/, ").removeprefix("known, ")


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("OSError: [Errno 30] Read-only file system: 'app.log'", "app.log"),
        (f"OSError: [Errno 30] Read-only file system: '{CODE}/pics/new.png'", "pics"),
        (f"PermissionError: [Errno 13] Permission denied: '{CODE}/pics/me.png'", "pics"),
        ("PermissionError: [Errno 13] Permission denied: '/srv/shop/current/code/uploads'", "uploads"),
        (f"OSError: [Errno 30] Read-only file system: b'{CODE}/static/site.min.css'", "static/site.min.css"),
        (f"OSError: [Errno 30] Read-only file system: '{CODE}/static/uploads'", "static/uploads"),
        (f"OSError: [Errno 30] Read-only file system: '{CODE}/shop/cache.json'", "shop/cache.json"),
        (f"FileNotFoundError: [Errno 2] No such file or directory: '{CODE}/v1.0/log/app.log'", "v1.0/"),
        (f'FileNotFoundError: [Errno 2] No such file or directory: "{CODE}/it\'s/a.log"', "it's"),
        ("/bin/sh: 1: cannot create out.txt: Read-only file system", "out.txt"),
        ("/bin/sh: 1: cannot create made/out.txt: Directory nonexistent", "made"),
        ("mkdir: cannot create directory 'made': Read-only file system", "made"),
        ("mkdir: cannot create directory \u2018made\u2019: Read-only file system", "made"),
        ("touch: cannot touch 'a.pid': Read-only file system", "a.pid"),
        # What is missing from a folder that is there, would have been read.
        ("FileNotFoundError: [Errno 2] No such file or directory: 'config.json'", ""),
        ("PermissionError: [Errno 13] Permission denied: '/etc/x'", ""),
        ("PermissionError: [Errno 13] Permission denied: '/srv/shop/releases/one/env'", ""),
        (f"OSError: [Errno 30] Read-only file system: '{CODE}/known/x'", ""),
        ("PermissionError: [Errno 13] Permission denied", ""),
        ("ValueError: x", ""),
    ],
)
def test_a_path(code: Path, line: str, wanted: str) -> None:
    assert entry(code, "Traceback (most recent call last):", line) == wanted


def test_what_is_renamed_wants_a_folder(code: Path) -> None:
    releases = Releases(str(code.parents[2]))
    line = f"OSError: [Errno 30] Read-only file system: '{CODE}/app.log' -> '{CODE}/app.log.1'"
    assert advice(releases, "shop", "one", [line]) == (
        "The app gives app.log another name: what it renames has to lie in a folder that is data. Have it write to"
        " files/app.log, for example, and say `data: [files]`."
    )
    assert advice(releases, "shop", "one", [line.replace("app.log", "known/app.log")]) is None


def test_the_words(code: Path) -> None:
    line = "OSError: [Errno 30] Read-only file system: 'app.log'"
    assert advice(Releases(str(code.parents[2])), "shop", "one", [line, "ValueError: Unable to configure handler"]) == (
        "If the app writes to app.log: `data: [known, app.log]` keeps it in /var/lib/shop, across releases."
    )
    assert advice(Releases(str(code.parents[2])), "shop", "gone", [line]) is None


@pytest.mark.parametrize(
    ("file", "text", "wanted"),
    [
        ("app.py", 'sqlite3.connect("app.db")', "app.db"),
        ("app.py", "URI = 'sqlite:///data/app.sqlite'", "data"),
        ("shop/config.py", "os.path.join(basedir, 'app.db')", "app.db, shop/app.db"),
        ("config.toml", 'url = "sqlite+pysqlite:///./shop.db"', "shop.db"),
        ("shop/db.py", 'sqlite3.connect("app.db")', "app.db"),
        ("tests/db.py", 'connect("test.db")', ""),
        ("app.py", 'connect("/var/lib/x.db")', ""),
    ],
)
def test_a_database_that_cannot_be_made(code: Path, file: str, text: str, wanted: str) -> None:
    (code / file).write_text(text)
    assert entry(code, "sqlite3.OperationalError: unable to open database file") == wanted


def test_a_database_that_the_environment_names(code: Path) -> None:
    (code.parent / "env").write_bytes(Environment({"DB": "sqlite:///x.db"}, frozenset()).file())
    line = "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) unable to open database file"
    assert entry(code, line) == "x.db"


def test_a_database_that_came_with_the_code(code: Path) -> None:
    with sqlite3.connect(code / "shop/data.bin") as database:
        database.execute("create table t (x)")
    assert entry(code, "sqlite3.OperationalError: attempt to write a readonly database") == "shop/data.bin"
