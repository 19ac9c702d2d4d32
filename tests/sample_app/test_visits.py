import sqlite3
import time
from datetime import UTC, datetime

from shortener import database, visits

from .conftest import sqlite_only


def test_they_are_written_without_anyone_asking(visitor, monkeypatch):
    monkeypatch.setattr(visits, "SECONDS", 0.02)
    code = visitor.shorten()
    visitor.get(f"/{code}")
    deadline = time.monotonic() + 60
    while "<dt>Visits</dt><dd>1</dd>" not in visitor.get(f"/links/{code}").text:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_many_of_several_links(visitor):
    codes = [visitor.shorten(f"https://example.com/{number}") for number in range(3)]
    for number, code in enumerate(codes):
        for _ in range(number):
            visitor.get(f"/{code}")
    assert [visitor.visits(code) for code in codes] == [0, 1, 2]


def test_the_last_use_is_noted(visitor):
    code = visitor.shorten()
    assert "none yet" in visitor.get(f"/links/{code}").text
    visitor.get(f"/{code}")
    assert visitor.visits(code) == 1
    page = visitor.get(f"/links/{code}").text
    assert datetime.now(UTC).strftime('<dt>Last visit</dt><dd><time datetime="%Y-%m-') in page
    assert "UTC</time>" in page


@sqlite_only
def test_what_a_locked_database_cannot_take_is_kept(visitor, tmp_path, monkeypatch, caplog):
    code = visitor.shorten()
    visitor.application.extensions["engine"].dispose()
    monkeypatch.setattr(database, "BUSY_SECONDS", 0)
    other = sqlite3.connect(tmp_path / "links.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    visitor.get(f"/{code}")
    visitor.application.extensions["visits"].write()
    visitor.get(f"/{code}")
    other.close()
    assert "1 visits are not counted yet" in caplog.text
    assert visitor.visits(code) == 2


def test_a_link_that_was_deleted_meanwhile_does_no_harm(alice):
    kept, gone = alice.shorten("https://example.com/1"), alice.shorten("https://example.com/2")
    for code in (kept, gone):
        alice.get(f"/{code}")
    alice.submit(path=f"/links/{gone}/delete")
    assert alice.visits(kept) == 1
