import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from shortener import codes, database, links
from shortener.links import Wish

from .conftest import sqlite_only

WISH = Wish("https://example.com/a")


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
    wishes = [WISH, WISH._replace(target="https://example.com/b"), WISH._replace(expires_at=tomorrow)]
    made = [links.shorten(wish) for wish in wishes]
    again = [links.shorten(wish) for wish in wishes]
    assert [new for _, new in made + again] == [True] * 3 + [False] * 3
    assert [link.id for link, _ in made] == [link.id for link, _ in again]
    assert len({link.code for link, _ in made}) == 3


@pytest.mark.usefixtures("_context")
def test_a_taken_code_is_drawn_again(monkeypatch):
    draws(monkeypatch, "taken", "taken", "taken", "free")
    links.shorten(WISH)
    assert links.shorten(WISH._replace(target="https://example.com/2"))[0].code == "free"
    assert links.find("taken").target == WISH.target


@pytest.mark.usefixtures("_context")
def test_gives_up_when_all_codes_are_taken(monkeypatch):
    draws(monkeypatch, *["taken"] * (links.ATTEMPTS + 1))
    links.shorten(WISH)
    with pytest.raises(RuntimeError, match="no free code"):
        links.shorten(WISH._replace(target="https://example.com/2"))
    assert links.find("taken").target == WISH.target


@pytest.mark.usefixtures("_context")
def test_an_alias_is_had_once():
    wish = WISH._replace(alias="my-talk")
    link, _ = links.shorten(wish)
    assert link.code == "my-talk"
    assert links.shorten(wish) == (link, False)
    with pytest.raises(codes.AliasError, match="already taken"):
        links.shorten(wish._replace(target="https://example.com/b"))
    # Without the alias it is another wish.
    assert links.shorten(WISH)[0].code != "my-talk"


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
