"""The JSON of commands that ask, without a lab; tests in tests/lab hold that of real hosts against its types, too."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from tests.agent_process import AgentProcess, own_file
from tests.answer_documents import held, read
from tests.local_machine import on_this_machine
from tests.projects import project
from tests.releases import release
from windlass.agent.logs.journal import Journal
from windlass.agent.release.environment import Environment
from windlass.agent.resources import Link
from windlass.agent.status import _app
from windlass.cli.cli import run
from windlass.host import Facts
from windlass.output import answer_document as documents
from windlass.output.log_view import LogView
from windlass.secrets.difference import Difference

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("command", ["status", "releases", "audit", "facts"])
def test_a_host_that_gives_no_answer(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = f"{{ansible_host: 127.0.0.1, ansible_port: 1, host_key: ssh-ed25519 {'A' * 68}}}"
    project(tmp_path, f"web: {{hosts: {{web1: {there}}}}}\n")
    assert run(["--project", str(tmp_path), command, "web", "--json"]) == 1
    (host,) = read(command, capsys.readouterr().out)
    assert "is no public key" in host.pop("error")
    assert host.pop("host") == "web1"
    assert not any(host.values())


def test_what_agents_answer(tmp_path: Path) -> None:
    state = tmp_path / "state"
    release(state / "srv/shop", "1-old", created=100, state="good", current=True)
    agent = AgentProcess(state)
    held(documents.FactsDocument, {"host": "a", "error": None, **asdict(Facts.from_hello(agent.hello["facts"]))})
    agent.wire.write({"type": "releases", "apps": ["shop", "blog"], **agent.folders})
    (answer,) = agent.finish({})
    agent.close()
    held(documents.ReleasesDocument, {"host": "a", "error": None, "apps": answer["apps"]})

    agent = AgentProcess(state)
    agent.finish(agent.request(own_file(tmp_path / "a", "1")))
    agent.close()
    agent = AgentProcess(state)
    agent.wire.write({"type": "audit", "count": 9, "app": None, **agent.folders})
    (answer,) = agent.finish({})
    agent.close()
    assert answer["entries"]
    held(documents.AuditDocument, {"host": "a", "error": None, "entries": answer["entries"]})


def test_an_app_that_is_not_deployed() -> None:
    machine = on_this_machine(Link("/a", target="/b")).machine
    held(documents.AppStatus, _app(machine, "windlass-nosuch", ["shop.example.com"], "/", "letsencrypt"))


def test_what_differs() -> None:
    found = Difference.between("shop", Environment({"KEY": "x"}, frozenset({"KEY"})), None, b"key")
    held(documents.AppDifference, vars(found))


def test_a_line_of_the_journal(capsys: pytest.CaptureFixture[str]) -> None:
    entry = {"__REALTIME_TIMESTAMP": "1", "_SYSTEMD_UNIT": "shop@1.service", "_PID": "7", "MESSAGE": "hello"}
    line = Journal(on_this_machine(Link("/a", target="/b")).machine, ["shop"])._line(entry)
    assert line
    view = LogView(["a"], {"shop"}, as_json=True)
    view.take("a", {"type": "shown", "cut": False})
    view.take("a", {"type": "line", **line})
    held(documents.LogLine, json.loads(capsys.readouterr().out))
