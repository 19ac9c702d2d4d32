"""How lines of logs are shown."""

from __future__ import annotations

import json
from typing import Any

import click
import pytest

from windlass.output.log_view import LogView

NOON = 1795262400.25  # 2026-11-21 12:00:00.250 UTC
SHOWN = {"type": "shown", "cut": False}


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def line(text: str, seconds: float = 0, source: str = "app", priority: int = 6) -> dict[str, Any]:
    return {
        "type": "line",
        "time": NOON + seconds,
        "app": "shop",
        "source": source,
        "priority": priority,
        "text": text,
    }


def test_hosts_are_merged_by_time_and_then_come_as_they_come(capsys: pytest.CaptureFixture[str]) -> None:
    view = LogView(["a", "web10"], {"shop"})
    view.take("a", line("second", 2))
    view.take("a", SHOWN)
    view.take("web10", line("first", 1, source="systemd"))
    assert capsys.readouterr().out == ""
    view.take("web10", SHOWN)
    view.take("a", line("late", -5, source="error"))
    assert capsys.readouterr().out == (
        "web10  2026-11-21 12:00:01.250  systemd  first\n"
        "a      2026-11-21 12:00:02.250  shop     second\n"
        "a      2026-11-21 11:59:55.250  nginx    late\n"
    )


def test_one_host_needs_no_name_and_one_that_fails_holds_nobody_up(capsys: pytest.CaptureFixture[str]) -> None:
    view = LogView(["a"], {"shop"})
    view.take("a", SHOWN)
    view.take("a", line("one\ntwo"))
    assert capsys.readouterr().out == "2026-11-21 12:00:00.250  shop     one\n2026-11-21 12:00:00.250  shop     two\n"
    view = LogView(["a", "b"], {"shop", "wiki-1"})
    view.take("a", line("hello", source="access"))
    view.failed("b", "no answer")
    view.take("a", SHOWN)
    out, err = capsys.readouterr()
    assert out == "a  2026-11-21 12:00:00.250  shop/nginx      hello\n"
    assert err == "b  failed  no answer\n"


def test_errors_are_red_where_colours_are_on(capsys: pytest.CaptureFixture[str]) -> None:
    view = LogView(["a"], {"shop"})
    view.take("a", SHOWN)
    view.take("a", line("bad", priority=3))
    assert capsys.readouterr().out.endswith("  shop     bad\n")
    view.colour = True
    view.take("a", line("bad", priority=3))
    assert capsys.readouterr().out.endswith(click.style("bad", fg="red") + "\n")


def test_json_is_one_document_per_line(capsys: pytest.CaptureFixture[str]) -> None:
    view = LogView(["a"], {"shop"}, as_json=True)
    view.take("a", SHOWN)
    view.take("a", line("one\ntwo"))
    assert json.loads(capsys.readouterr().out) == {
        "host": "a",
        "time": "2026-11-21T12:00:00.250+00:00",
        "app": "shop",
        "source": "app",
        "priority": 6,
        "text": "one\ntwo",
    }


def test_lines_that_were_left_out_are_told_of_where_all_were_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    view = LogView(["a"], {"shop"}, tell_cut=True)
    view.take("a", {"type": "shown", "cut": True})
    assert capsys.readouterr().err == "a  there are older lines; -n shows more\n"
