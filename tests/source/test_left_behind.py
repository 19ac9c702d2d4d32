"""What lies in a folder and is no code: databases, logs, uploads; and secret keys that everybody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.source.test_requirements import of
from tests.source.test_source import APP, loaded, members, repository, write
from windlass.source.weak_keys import WeakKey, weak_keys

if TYPE_CHECKING:
    from pathlib import Path

WRITTEN = {
    "app.db": "",
    "app.db-wal": "",
    "instance/shop.sqlite3": "",
    "logs/a/b.txt": "",
    "shop.log": "",
    "shop.log.1": "",
    "celerybeat-schedule.db": "",
    "static/uploads/x.jpg": "",
}
CODE = {
    "uploads/.gitkeep": "",
    "web/upload/views/__init__.py": "",
    "web/upload/templates/x.html": "",
    "a/changes.log": "",
    "db.py": "",
    "deep/sqlite/x": "",
}


def test_what_a_machine_wrote_stays_there(tmp_path: Path) -> None:
    write(tmp_path / "hello", {**APP, **CODE, **WRITTEN})
    source = loaded(tmp_path)
    assert members(source).keys() == {*APP, *CODE}
    assert "\n".join(source.remarks) == (
        "hello: left out, as this machine's own: app.db, app.db-wal, celerybeat-schedule.db, instance/shop.sqlite3,"
        " logs/a/b.txt and 3 more (`!/app.db` in .deployignore sends it, no word of those that it names)"
    )
    write(tmp_path / "hello", {".deployignore": "!/app.db\n/app.db-wal\nlogs/a/\n*.log*\ncelery*\n*.jpg\n*.sqlite3\n"})
    source = loaded(tmp_path)
    assert "app.db" in members(source)
    assert source.remarks == ()


def test_what_git_has_is_deployed_and_told(tmp_path: Path) -> None:
    write(tmp_path / "hello", WRITTEN)
    repository(tmp_path / "hello", APP)
    write(tmp_path / "hello", {"later.db": ""})
    source = loaded(tmp_path)
    assert members(source).keys() == {*APP, *WRITTEN}
    assert "\n".join(source.remarks) == (
        "hello: left out, as this machine's own: later.db (`!/later.db` in .deployignore sends it, no word of those"
        " that it names)\n"
        "hello: git has app.db, app.db-wal, celerybeat-schedule.db: each release brings it anew, without what the app"
        " has written there; `data: [app.db]` keeps it (no word of those in .deployignore)"
    )
    assert len(loaded(tmp_path, data=["app.db", "app.db-wal", "celerybeat-schedule.db"]).remarks) == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('SECRET_KEY = "dev"', [(1, False)]),
        ('class Config:\n    SECRET_KEY: str = "changeme"', [(2, False)]),
        ('app.secret_key = b"secret"', [(1, False)]),
        ('app.config["SECRET_KEY"] = "you-will-never-guess"', [(1, False)]),
        ('app.config.from_mapping(\n    SECRET_KEY="dev",\n)', [(2, False)]),
        ('app.config.update({"SECRET_KEY": "dev"})', [(1, False)]),
        ('import os\nSECRET_KEY = os.environ.get("SECRET_KEY") or "dev"', [(2, True)]),
        ('SECRET_KEY = os.getenv("SECRET_KEY", "dev")', [(1, True)]),
        ('SECRET_KEY = config("SECRET_KEY", default="dev")', [(1, True)]),
        ('SECRET_KEY = os.environ["SECRET_KEY"]', []),
        ('SECRET_KEY = "7b2ab9bdd22ab9ed4d12e236c78afcb0"', []),
        ('SECRET_KEY = ""', []),
        ('OTHER_KEY = "dev"', []),
        ("SECRET_KEY = (", []),
    ],
)
def test_keys_that_everybody_knows(text: str, found: list[tuple[int, bool]]) -> None:
    files = {"app.py": text, "tests/x.py": text, "conftest.py": text, "README": text}
    assert weak_keys(of(files)) == [WeakKey(f"app.py:{line}", fallback) for line, fallback in found]
