"""What an app writes beside its code: each failure's own hint, followed to the letter, leads on; and data survives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.lab.converging import converge, result
from tests.lab.release.world import NOTES

if TYPE_CHECKING:
    from tests.lab.release.world import World

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("mended")]

# At its start it writes a log and beside the package; when asked, into a database and a folder.
WRITES = """
    import logging.handlers
    import sqlite3

    logging.handlers.RotatingFileHandler("logs/notes.log").emit(logging.makeLogRecord({"msg": "started"}))
    (Path(__file__).parent / "state.json").open("a").close()
    (Path(app.instance_path) / "seen").touch()

    @app.get("/add")
    def add() -> str:
        with sqlite3.connect("notes.db") as database:
            database.execute("pragma journal_mode=wal")
            database.execute("create table if not exists lines (line)")
            database.execute("insert into lines values (1)")
            return str(database.execute("select count(*) from lines").fetchone()[0])

    return app
"""


def advised(words: str) -> list[str]:
    """The paths of the setting that a hint gives."""
    found = re.search(r"`data: \[([^]]+)\]` keeps it in /var/lib/notes", words)
    assert found, words
    return found[1].split(", ")


def test_the_hints_lead_there(world: World) -> None:
    world.edit("\n    return app\n", WRITES)
    command = "mkdir -p built && date > built/at"
    data: list[str] = []
    for expected in (["built"], ["built", "logs"], ["built", "logs", "src/notes/state.json"]):
        data = advised(world.fails(data=data, release_command=command))
        assert data == expected
    world.well(data=data, release_command=command)
    assert "Internal Server Error" in world.ask("/add")
    asking = world.commands(data=data, release_command=command)
    said = asking("status", world.host.name, status=None).out
    entry = "`data: [built, logs, src/notes/state.json, notes.db]` keeps it in /var/lib/notes"
    line = f"If the app writes to notes.db: {entry}"
    assert line in " ".join(said.split())
    assert line in " ".join(asking("logs", world.host.name, "--grep", "OperationalError").err.split())
    data = advised(line)
    world.well(data=data, release_command=command)
    assert [world.ask("/add") for _ in range(2)] == ["1", "2"]
    asking = world.commands(data=data, release_command=command)
    assert "seen" in asking("run", world.host.name, "--", "sh", "-c", "cat logs/notes.log | wc -l; ls src/instance").out
    assert "If the app writes" not in asking("status", world.host.name, status=None).out

    # Nothing of it is taken for a change by hand, and all of it survives releases, both ways.
    settings = {**NOTES, "data": data, "release_command": command}
    assert result(converge(world.lab, world.host, {"notes": settings}, world.project), "release").status == "ok"
    world.greet("another one")
    world.well(data=data, release_command=command)
    assert world.ask("/add") == "3"
    world.rollback(data=data)
    assert world.ask("/add") == "4"
    listed = world.host.run("stat -c '%U %a' /var/lib/notes/notes.db /var/lib/notes/logs")
    assert listed.split("\n")[:2] == ["notes 600", "notes 755"]

    # A folder that is lost is made again, without a new release.
    before = world.current
    world.host.run("rm -r /var/lib/notes/logs")
    healed = converge(world.lab, world.host, {"notes": settings}, world.project)
    assert result(healed, "release").diff["folders"] == ["no logs/", "there"]
    assert world.host.run("stat -c %U /var/lib/notes/logs") == "notes\n"
    world.host.run("rm -r /var/lib/notes/*")
    assert before
