"""What an app's name and requirements lead to on a host."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from windlass.app import App
from windlass.host import Facts
from windlass.settings import AppSettings
from windlass.source import Source
from windlass.source.requirements import Requirements
from windlass.source.server import GUNICORN

FACTS = Facts("debian", "12", "bookworm", "x86_64", "3.11.2", 2, 1, [], True, "h", True, "6.1")


def app(text: str = "flask\n", constraints: str = "", **gunicorn: Any) -> App:
    settings = AppSettings.model_validate(
        {"source": "x", "wsgi": "x:app", "domains": ["x.example.org"], "gunicorn": gunicorn}
    )
    return App("hello", settings, Source(b"", "d", 0, Requirements("requirements.txt", text, constraints)))


def test_gunicorn_is_added_only_where_it_is_missing() -> None:
    assert app().gunicorn == f"gunicorn=={GUNICORN}\n"
    assert app("Gunicorn[gevent]>=23\n").gunicorn == ""


def test_a_venv_made_in_another_way_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = app().venv(FACTS)
    monkeypatch.setattr("windlass.app.MADE", 1)
    assert app().venv(FACTS) != now


def test_a_venv_is_named_by_what_goes_into_it() -> None:
    path = app().venv(FACTS)
    assert path.startswith("/srv/hello/venvs/")
    assert app().venv(replace(FACTS, python="3.11.9", hostname="other", cpus=8)) == path
    others = {
        app("flask\nredis\n").venv(FACTS),
        app(constraints="jinja2<4\n").venv(FACTS),
        app(version="23.0.0").venv(FACTS),
        app().venv(replace(FACTS, python="3.13.5")),
        app().venv(replace(FACTS, arch="aarch64")),
    }
    assert len(others) == 5
    assert path not in others


@pytest.mark.parametrize(("attribute", "path"), [("home", "/srv"), ("data", "/var/lib"), ("sockets", "/run")])
def test_folders(attribute: str, path: str) -> None:
    assert getattr(app(), attribute) == f"{path}/hello"
