"""What an app writes beside its code, on this machine."""

from __future__ import annotations

import io
import os
import pwd
import sqlite3
from pathlib import Path

import pytest

from windlass.agent.failures import CommandFailed, Failed
from windlass.agent.machine import Machine
from windlass.agent.release import data
from windlass.agent.wire import Wire

PATHS = ("app.db", "deep/in/logs/", "pack/age/state.json", "uploads/")


class World:
    """Releases of an app that is whoever runs the tests, and its data."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder, folder / "data"
        self.home.mkdir()
        self.told = io.BytesIO()

    def release(self, name: str, files: dict[str, str], before: str = "") -> Path:
        """A release with these files in its source, and what it brings."""
        release = self.folder / name
        for path, text in files.items():
            (release / "code" / path).parent.mkdir(parents=True, exist_ok=True)
            (release / "code" / path).write_text(text)
        (release / "code").mkdir(parents=True, exist_ok=True)
        data.lead(str(release), "app", PATHS)
        self.fill(release, before)
        return release / "code"

    def fill(self, release: Path, before: str = "") -> None:
        machine = Machine(Wire(io.BytesIO(), self.told), lambda: None)
        data.fill(machine, pwd.getpwuid(os.getuid()).pw_name, str(release), PATHS, before and str(self.folder / before))

    @property
    def warnings(self) -> str:
        return self.told.getvalue().decode()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(data, "home", lambda app: str(tmp_path / "data"))
    return World(tmp_path)


def test_folders_are_there_and_files_can_be_made(world: World) -> None:
    code = world.release("one", {"app.py": "x"})
    (code / "uploads/a.txt").write_text("a")
    (code / "deep/in/logs/x.log").write_text("x")
    connection = sqlite3.connect(code / "app.db")
    connection.execute("pragma journal_mode=wal")
    connection.execute("create table t (x)")
    (code / "pack/age/state.json").write_text("{}")
    beside = {"app.db", "app.db-shm", "app.db-wal"}
    assert {path.name for path in world.home.iterdir()} == {*beside, "deep", "pack", "uploads"}
    connection.close()
    assert sorted(os.listdir(code)) == ["app.db", "app.py", "deep", "pack", "uploads"]


def test_what_the_source_has_is_the_first_content_and_never_overwrites(world: World) -> None:
    first = world.release("one", {"uploads/default.png": "first", "uploads/.gitkeep": "", "app.db": "rows"})
    assert (first / "uploads/default.png").read_text() == "first"
    assert (first / "app.db").read_text() == "rows"
    (first / "app.db").write_text("more rows")
    (first / "uploads/.gitkeep").unlink()
    second = world.release(
        "two",
        {"uploads/default.png": "second", "uploads/.gitkeep": "", "uploads/new.png": "new", "app.db": "rows"},
        "one",
    )
    assert (second / "uploads/default.png").read_text() == "first"
    assert (second / "uploads/new.png").read_text() == "new"
    assert (second / "app.db").read_text() == "more rows"
    assert not (second / "uploads/.gitkeep").exists()  # the app has removed what an earlier release brought
    place = f"{world.home}/uploads/default.png is kept as it is"
    assert f"uploads/default.png is another one in this release; {place}" in world.warnings
    assert world.warnings.count("is another one") == 1


def test_a_database_of_the_source_is_told(world: World) -> None:
    world.release("one", {"app.db": "SQLite format 3\0...", "uploads/a.db": "no database"})
    assert f"app.db, a database that the source has, is the first that {world.home} has" in world.warnings
    assert "a.db," not in world.warnings.replace("app.db,", "")


def test_what_is_lost_is_made_again(world: World) -> None:
    world.release("one", {})
    assert data.missing("app", PATHS) == []
    (world.home / "uploads").rmdir()
    assert data.missing("app", PATHS) == ["uploads/"]
    world.fill(world.folder / "one", "one")
    assert data.missing("app", PATHS) == []


def test_something_else_is_in_its_place(world: World) -> None:
    (world.home / "uploads").write_text("x")
    with pytest.raises(Failed) as failure:
        world.release("one", {})
    place = f"{world.home}/uploads"
    assert str(failure.value) == f"{place} is no folder, as `data` has it"
    assert failure.value.hint == f"Move it away: mv {place} {place}.old"
    (world.home / "uploads").unlink()
    (world.home / "app.db").mkdir()
    place = f"{world.home}/app.db"
    with pytest.raises(Failed) as failure:
        world.release("two", {})
    assert str(failure.value) == f"{place} is a folder, and `data` has a file there"
    assert failure.value.hint == (
        f"Write `app.db/` in `data` if it is to be one, or move it away: mv {place} {place}.old"
    )


@pytest.mark.skipif(os.getuid() != 0, reason="only root starts processes as another user")
def test_root_does_not_write_where_the_app_has_put_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app's own user does it, who may not write to the place that the link leads to."""
    home, guarded, release = Path("/tmp/windlass-data-test"), tmp_path / "guarded", tmp_path / "one"
    monkeypatch.setattr(data, "home", lambda app: str(home))
    guarded.mkdir()
    home.mkdir()
    try:
        (home / "deep").symlink_to(guarded)
        os.chown(home, pwd.getpwnam("nobody").pw_uid, 0)
        machine = Machine(Wire(io.BytesIO(), io.BytesIO()), lambda: None)
        with pytest.raises(CommandFailed, match="Permission denied"):
            data.fill(machine, "nobody", str(release), ("deep/in/logs/",))
        assert list(guarded.iterdir()) == []
    finally:
        (home / "deep").unlink()
        home.rmdir()
