import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from wtforms import ValidationError

from shortener import codes, database, links

from .conftest import sqlite_only

A, B = "https://example.com/a", "https://example.com/b"


@pytest.fixture
def _context(app):
    with app.app_context():
        yield


def draws(monkeypatch, *given):
    """Have the next codes be these."""
    remaining = iter(given)
    monkeypatch.setattr(codes, "draw", lambda: next(remaining))


@pytest.mark.usefixtures("_context")
def test_same_wish_gives_same_link():
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    wishes = [{"target": A}, {"target": B}, {"target": A, "expires_at": tomorrow}]
    made = [links.shorten(**wish) for wish in wishes]
    again = [links.shorten(**wish) for wish in wishes]
    assert [new for _, new in made + again] == [True] * 3 + [False] * 3
    assert [link.id for link, _ in made] == [link.id for link, _ in again]
    assert len({link.code for link, _ in made}) == 3


@pytest.mark.usefixtures("_context")
def test_a_taken_code_is_drawn_again(monkeypatch):
    draws(monkeypatch, "taken", "taken", "taken", "free")
    links.shorten(A)
    assert links.shorten(B)[0].code == "free"
    assert links.find("taken").target == A


@pytest.mark.usefixtures("_context")
def test_gives_up_when_all_codes_are_taken(monkeypatch):
    draws(monkeypatch, *["taken"] * (links.ATTEMPTS + 1))
    links.shorten(A)
    with pytest.raises(RuntimeError, match="no free code"):
        links.shorten(B)
    assert links.find("taken").target == A


@pytest.mark.usefixtures("_context")
def test_an_alias_is_had_once():
    link, _ = links.shorten(A, alias="my-talk")
    assert link.code == "my-talk"
    assert links.shorten(A, alias="my-talk") == (link, False)
    with pytest.raises(ValidationError, match="already taken"):
        links.shorten(B, alias="my-talk")
    # Without the alias it is another wish.
    assert links.shorten(A)[0].code != "my-talk"


@sqlite_only
def test_a_long_read_stops_no_visitor(visitor, tmp_path, monkeypatch):
    code = visitor.shorten()
    visitor.application.extensions["engine"].dispose()
    monkeypatch.setattr(database, "BUSY_SECONDS", 0)
    backup = sqlite3.connect(tmp_path / "links.db", isolation_level=None)
    backup.execute("BEGIN")
    backup.execute("SELECT * FROM link").fetchall()
    assert visitor.get(f"/{code}").status_code == 302
    assert visitor.submit("https://example.com/new").status_code == 303
    backup.close()
    assert visitor.visits(code) == 1


@sqlite_only
def test_a_locked_database_stops_neither_visitors_nor_health(visitor, tmp_path, monkeypatch):
    code = visitor.shorten()
    visitor.application.extensions["engine"].dispose()
    monkeypatch.setattr(database, "BUSY_SECONDS", 0)
    other = sqlite3.connect(tmp_path / "links.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert visitor.get("/healthz").status_code == 200
    assert visitor.get("/readyz").status_code == 200
    assert visitor.get(f"/{code}").location == "https://example.com/"
    answer = visitor.submit("https://example.com/new", alias="my-talk")
    other.close()
    assert answer.status_code == 503
    assert 'value="https://example.com/new"' in answer.text
    assert 'value="my-talk"' in answer.text
    assert "could not be done just now" in answer.text
    assert visitor.submit("https://example.com/new").status_code == 303
