"""Commands that only ask, on hosts that are not there or have no such app; and how they show what they were told."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

import pytest

from tests.audit_entry import ENTRY
from tests.lab.commands import Commands
from windlass.cli.commands import audit, releases
from windlass.cli.commands.asking import show

HOSTS = """
all:
  hosts:
    web1:
      ansible_host: 127.0.0.1
      ansible_port: {port}
      apps: {{shop: {{source: sample_app, wsgi: "shop:app", domains: [shop.example.com]}}}}
"""
FAILED = {
    **ENTRY,
    "who": "bob@ci",
    "login": "deploy",
    "from": None,
    "result": "failed",
    "failed": 1,
    "failures": ["release shop"],
    "changed": 0,
    "apps": {"shop": {"from": "new", "to": "new"}},
}
PROGRAM = {
    **ENTRY,
    "command": "run web1 -- flask",
    "result": "failed",
    "changed": 0,
    "status": 3,
    "apps": {"shop": {"from": "new", "to": "new"}},
}
KILLED = {**ENTRY, "result": "unfinished", "ended": None, "seconds": 0, "apps": {"shop": {"from": "new", "to": "new"}}}
RELEASE = {
    "id": "20261121T031640Z-ab12cd34",
    "who": "[ann]@laptop",
    "commit": "c" * 40,
    "dirty": True,
    "size": 1_300_000,
    "state": "good",
    "current": True,
    "reason": "",
    "previous": "",
    "traffic": {},
}


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    commands = Commands.in_new_folder(tmp_path)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        commands.write("inventory/hosts.yml", HOSTS.format(port=nobody.getsockname()[1]))
    return commands


@pytest.mark.parametrize("name", ["releases", "audit"])
def test_an_unknown_app_is_refused_before_any_connection(commands: Commands, name: str) -> None:
    said = commands(name, "web1", "--app", "shp", status=2)
    assert said.err == "error: there is no app 'shp' on web1\n  did you mean 'shop'?\n"


@pytest.mark.parametrize(("name", "empty"), [("releases", "apps"), ("audit", "entries"), ("status", "apps")])
def test_a_host_that_does_not_answer_is_named(commands: Commands, name: str, empty: str) -> None:
    (told,) = commands.all_json(name, "web1", status=1)
    assert told["host"] == "web1"
    assert "refused" in told["error"]
    assert told[empty] == []
    assert commands(name, "web1", status=1).out.startswith("web1  failed  ")


def shown(capsys: pytest.CaptureFixture[str], parts: Any, **answer: Any) -> list[str]:
    show([{"host": "web1", "error": None, **answer}], parts, as_json=False)
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_runs_are_shown_with_what_they_changed(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, audit._parts, entries=[ENTRY, FAILED, PROGRAM, KILLED])
    assert lines == [
        "web1",
        "  2026-11-21 03:16:40 UTC  done 12.3 s  ann@laptop from 192.0.2.7",
        "    deploy web1; 1 changed",
        "    shop old -> new",
        "  2026-11-21 03:16:40 UTC  failed 12.3 s  bob@ci as deploy",
        "    deploy web1; 0 changed; failed: release shop",
        "  2026-11-21 03:16:40 UTC  failed 12.3 s  ann@laptop from 192.0.2.7",
        "    run web1 -- flask; exit status 3",
        "  2026-11-21 03:16:40 UTC  unfinished  ann@laptop from 192.0.2.7",
        "    deploy web1",
    ]
    assert shown(capsys, audit._parts, entries=[]) == ["web1  no run is written down"]


def test_releases_are_shown_with_their_state(capsys: pytest.CaptureFixture[str]) -> None:
    now = int(time.time())
    failed = {
        **RELEASE,
        "id": "20261121T041640Z-ab12cd34",
        "current": False,
        "commit": None,
        "state": "failed",
        "reason": "[red]it said[/nothing]",
        "created": now - 7300,
    }
    apps = [
        {"name": "shop", "releases": [failed, {**RELEASE, "created": now - 90000}]},
        {"name": "blog", "releases": []},
    ]
    lines = shown(capsys, releases._parts, apps=apps)
    assert [" ".join(line.split()) for line in lines] == [
        "web1 shop",
        "release age who commit size state",
        "20261121T041640Z-ab12cd34 2 h [ann]@laptop 1.2 MiB failed",
        "20261121T031640Z-ab12cd34 1 d [ann]@laptop cccccccc+dirty 1.2 MiB current",
        "20261121T041640Z-ab12cd34 failed: [red]it said[/nothing]",
        "web1 blog not deployed",
    ]
