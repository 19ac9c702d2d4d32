"""What logs tell of settings that an app lacks."""

from __future__ import annotations

from typing import Any

import pytest

from tests.releases import release
from windlass.agent import advice
from windlass.agent.release.records import Releases


@pytest.fixture(autouse=True)
def app(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (release(tmp_path, "two", current=True) / "code").mkdir()
    monkeypatch.setattr(advice, "Releases", lambda home: Releases(str(tmp_path)))


def line(text: str, **known: Any) -> Any:
    return {"time": 0.0, "app": "shop", "source": "app", "priority": 6, "text": text, **known}


DENIED = "OSError: [Errno 30] Read-only file system: 'app.log'"
WORDS = "If the app writes to app.log: `data: [app.log]` keeps it in /var/lib/shop, across releases."
LIMIT = "than nginx takes in, and got HTTP 413: `nginx: {body_limit: ...}` is the limit."
LARGE = "2026/12/01 00:00:00 [error] 1#1: *1 client intended to send too large body: 52428800 bytes"


def test_of_the_current_release() -> None:
    assert advice.told("shop", [line(DENIED, release="two"), line("GET / 500", release="two")]) == [WORDS]
    assert advice.told("shop", [line(DENIED, release="one")]) == []
    assert advice.told("shop", [line(DENIED, app="other", release="two")]) == []


def test_of_a_body_that_was_too_large() -> None:
    assert advice.told("shop", [line(LARGE, source="error")]) == [f"A visitor sent 51,200 KiB, more {LIMIT}"]
    chunked = "client intended to send too large chunked body: 1048576+5 bytes"
    assert advice.told("shop", [line(chunked, source="error")]) == [f"A visitor sent more {LIMIT}"]


def test_nothing() -> None:
    assert advice.told("shop", []) == []
