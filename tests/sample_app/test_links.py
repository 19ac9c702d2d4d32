import re
import sqlite3
from collections import Counter

import pytest

from shortener import database, links


@pytest.fixture
def context(app):
    with app.app_context():
        yield


def codes(monkeypatch, *given):
    """Have the next codes be these."""
    remaining = iter(given)
    monkeypatch.setattr(links, "new_code", lambda: next(remaining))


@pytest.mark.usefixtures("context")
def test_same_target_gives_same_link():
    first = links.shorten("https://example.com/a")
    assert links.shorten("https://example.com/a").id == first.id
    assert links.shorten("https://example.com/b").code != first.code


def test_codes_are_spread_over_the_whole_alphabet():
    made = [links.new_code() for _ in range(2000)]
    assert len(set(made)) == 2000
    for place in zip(*made, strict=True):
        seen = Counter(place)
        assert set(seen) == set(links.ALPHABET)
        assert max(seen.values()) < 100  # 41 on average; 100 would be 9 standard deviations off
    assert not re.search("[aeiouAEIOU01lI]", "".join(made))


@pytest.mark.usefixtures("context")
def test_a_taken_code_is_drawn_again(monkeypatch):
    codes(monkeypatch, "taken", "taken", "taken", "free")
    links.shorten("https://example.com/1")
    assert links.shorten("https://example.com/2").code == "free"
    assert links.find("taken").target == "https://example.com/1"


@pytest.mark.usefixtures("context")
def test_gives_up_when_all_codes_are_taken(monkeypatch):
    codes(monkeypatch, *["taken"] * (links.ATTEMPTS + 1))
    links.shorten("https://example.com/1")
    with pytest.raises(RuntimeError, match="no free code"):
        links.shorten("https://example.com/2")
    assert links.find("taken").target == "https://example.com/1"


@pytest.mark.usefixtures("context")
def test_following_counts():
    code = links.shorten("https://example.com/").code
    assert [links.follow(code) for _ in range(3)] == ["https://example.com/"] * 3
    assert links.find(code).hits == 3
    assert links.follow("nothing") is None


def test_a_long_read_stops_no_visitor(visitor, tmp_path, monkeypatch):
    code = visitor.shorten("https://example.com/")
    visitor.application.extensions["engine"].dispose()
    monkeypatch.setattr(database, "BUSY_SECONDS", 0)
    backup = sqlite3.connect(tmp_path / "links.db", isolation_level=None)
    backup.execute("BEGIN")
    backup.execute("SELECT * FROM link").fetchall()
    assert visitor.get(f"/{code}").status_code == 302
    assert visitor.submit("https://example.com/new").status_code == 303
    backup.close()
    assert "<dd>1</dd>" in visitor.get(f"/links/{code}").text


def test_a_locked_database_stops_neither_visitors_nor_health(visitor, tmp_path, monkeypatch):
    code = visitor.shorten("https://example.com/")
    visitor.application.extensions["engine"].dispose()
    monkeypatch.setattr(database, "BUSY_SECONDS", 0)
    other = sqlite3.connect(tmp_path / "links.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert visitor.get("/healthz").status_code == 200
    assert visitor.get(f"/{code}").location == "https://example.com/"
    answer = visitor.submit("https://example.com/new")
    other.close()
    assert answer.status_code == 503
    assert 'value="https://example.com/new"' in answer.text
    assert "could not be saved" in answer.text
    assert visitor.submit("https://example.com/new").status_code == 303
