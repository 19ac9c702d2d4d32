"""What a release is made from."""

from __future__ import annotations

from typing import Any

import pytest

from roles.release import release
from tests.roles.hosts import host
from windlass.app import App
from windlass.source.requirements import Requirements
from windlass.source.source import Source


def made(*others: str, **settings: Any) -> Any:
    """The release of `shop` beside other apps."""
    here = host(apps={"shop": settings, **{name: {} for name in others}})
    source = Source(b"", "d", 0, Requirements("requirements.txt", "flask\n", ""), wsgi="shop:app", data=("instance/",))
    (found,) = release(here, App("shop", here.settings.apps["shop"], source))
    return found


def test_a_further_app_is_no_reason_for_a_new_release() -> None:
    alone, beside = made(), made("blog", "wiki")
    assert alone.gunicorn_conf.read() != beside.gunicorn_conf.read()
    assert alone._wanted == beside._wanted
    assert alone._wanted != made("blog", gunicorn={"workers": 7})._wanted


@pytest.mark.parametrize(("watch", "expected"), [(None, (2, 100)), (0, (0, 0)), (5, (5, 0))])
def test_how_long_it_is_watched(watch: int | None, expected: tuple[int, int]) -> None:
    found = made(watch=watch)
    assert (found.watch, found.enough) == expected


def test_what_it_is_asked_and_what_it_writes() -> None:
    assert (made().health_path, made(health_path="/up").health_path) == ("", "/up")
    assert made().data == ("instance/",)
