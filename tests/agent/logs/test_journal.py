"""The journal's entries as lines: an app says of itself what it likes, and no entry ends the reading."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.local_machine import on_this_machine
from windlass.agent.logs import journal
from windlass.agent.logs.journal import Journal
from windlass.agent.logs.line import Wanted
from windlass.agent.resources import Link

if TYPE_CHECKING:
    from pathlib import Path

ENTRY: dict[str, Any] = {
    "__CURSOR": "s=1",
    "__REALTIME_TIMESTAMP": "1795262400250000",
    "_SYSTEMD_UNIT": "shop@1-new.service",
    "_PID": "77",
    "PRIORITY": "4",
    "MESSAGE": "hello",
}


@pytest.fixture
def lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The lines of entries, as journalctl would print them."""

    def lines(*entries: dict[str, Any]) -> list[dict[str, Any]]:
        (tmp_path / "entries").write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))
        monkeypatch.setattr(journal, "READ", ("sh", "-c", f"cat {tmp_path}/entries"))
        machine = on_this_machine(Link("/a", target="/b")).machine
        return Journal(machine, ["shop"]).before(Wanted.of(100, 0, None))

    return lines


def test_an_entry_becomes_a_line(lines: Any) -> None:
    assert lines(ENTRY, {**ENTRY, "_SYSTEMD_UNIT": "blog@1.service"}, {**ENTRY, "_SYSTEMD_UNIT": None}) == [
        {
            "time": 1795262400.25,
            "app": "shop",
            "source": "app",
            "release": "1-new",
            "pid": 77,
            "priority": 4,
            "text": "hello",
        }
    ]


@pytest.mark.parametrize("priority", ["abc", "", "-1", "8", "\u0664", ["3", "4"], [52, 255], None, 3])
def test_a_priority_that_is_none_ends_nothing(lines: Any, priority: Any) -> None:
    assert [line["priority"] for line in lines({**ENTRY, "PRIORITY": priority}, ENTRY)] == [6, 4]
    assert lines({name: ENTRY[name] for name in ENTRY if name != "PRIORITY"})[0]["priority"] == 6


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("", ""),
        (None, ""),
        ([], ""),
        ([104, 105, 255], "hi\ufffd"),
        (["one", "two"], "one\ntwo"),
        (["one", [116, 119, 111], None], "one\ntwo\n"),
    ],
)
def test_a_message_of_any_shape_is_text(lines: Any, message: Any, text: str) -> None:
    assert [line["text"] for line in lines({**ENTRY, "MESSAGE": message})] == [text]
