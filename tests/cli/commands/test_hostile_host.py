"""A hostile host among good ones: it is one clear error, hides nobody, and steers no terminal. Over a real sshd."""

from __future__ import annotations

import base64
import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from tests.audit_entry import ENTRY
from tests.lab.commands import ROOT
from tests.projects import project
from tests.ssh.sshd import ME, Sshd, public
from tests.terminal_process import TerminalProcess
from windlass.agent.facts import gather
from windlass.cli.commands import asking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVIL = "x\x1b[2J\x1b]0;owned\x07\r[red]\u202e\nweb9  ok"
HELLO = {"type": "hello", "facts": {**gather(), "uid": 0}}
HEALTHY = {
    "disk_used": 1,
    "disk_size": 2,
    "uptime": 5.0,
    "nginx": True,
    "firewall": True,
    "updates": 0,
    "security_updates": 0,
    "failed_units": [EVIL],
    "reboot": False,
    "stale": {EVIL: [EVIL]},
    "apps": [],
}
RELEASE: dict[str, Any] = {
    "id": EVIL,
    "created": 1,
    "who": EVIL,
    "commit": EVIL,
    "dirty": True,
    "state": "failed",
    "current": False,
    "previous": "",
    "reason": EVIL,
    "traffic": {},
    "size": 1,
}
LINE = {"type": "line", "time": 1, "app": EVIL, "source": "app", "priority": 3, "text": EVIL}
ANSWERS: dict[str, list[Any]] = {
    "facts": [],
    "status": [{"type": "status", **HEALTHY}],
    "releases": [{"type": "releases", "apps": [{"name": EVIL, "releases": [RELEASE]}]}],
    "audit": [{"type": "audit", "entries": [{**ENTRY, "who": EVIL, "failures": [EVIL]}]}],
    "logs": [LINE, {"type": "shown", "cut": False}],
}
WARNING = {"type": "warning", "text": EVIL}
BYE = {"type": "bye"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return tmp_path / "home"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    with Sshd(tmp_path / "sshd") as running:
        yield running


def told(folder: Path, server: Sshd, name: str, *messages: Any, then: str = "") -> None:
    """Has a host answer this, whatever it is asked."""
    lines = [each if isinstance(each, str) else json.dumps(each) for each in messages]
    program = folder / f"{name}-python"
    program.write_text("#!/bin/sh\n" + "".join(f"printf '%s\\n' {shlex.quote(line)}\n" for line in lines) + then)
    program.chmod(0o755)
    variables = {
        "ansible_host": "127.0.0.1",
        "ansible_port": server.port,
        "ansible_user": ME,
        "ansible_become": False,
        "ansible_ssh_private_key_file": str(server.key),
        "ansible_python_interpreter": str(program),
        "host_key": public(server.host_keys["ed25519"]),
        "apps": {"shop": {"source": "shop", "wsgi": "shop:app", "domains": ["shop.test"]}},
    }
    project(folder, {f"inventory/{name}.yml": json.dumps({"web": {"hosts": {name: variables}}})})


def shown(folder: Path, *words: str, status: int) -> str:
    argv = [str(ROOT / ".venv/bin/python"), str(ROOT / "deploy.py"), "--project", str(folder), *words]
    with TerminalProcess(argv, {"HOME": str(folder / "home")}) as process:
        assert process.end(120) == status, process.shown
    return process.shown


@pytest.mark.parametrize("command", sorted(ANSWERS))
def test_a_host_that_says_what_steers_terminals(tmp_path: Path, server: Sshd, command: str) -> None:
    facts = {**HELLO["facts"], "os": EVIL, "kernel": EVIL, "hostname": EVIL}  # type: ignore[dict-item]
    told(tmp_path, server, "web1", {**HELLO, "facts": facts}, WARNING, *ANSWERS[command], BYE)
    text = shown(tmp_path, command, "web1", status=1 if command == "status" else 0)
    for part in ("\x1b[2J", "\x1b]", "\x07", "\u202e", "\nweb9"):
        assert part not in text
    assert "\\x1b[2J" in text
    assert "[red]" in text


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["{"], "the agent sent nonsense: not a message: b'{\\n'"),
        ([HELLO, {"type": "status"}, BYE], "the agent sent nonsense: status lacks "),
        ([HELLO, BYE], "the agent ended without an answer"),
        ([HELLO, {"type": "refused", "reason": EVIL}], "x\\x1b[2J"),
        ([{"type": "hello", "facts": {**HELLO["facts"], "memory": -1}}], "hello.facts.memory is -1, not between 1 and"),  # type: ignore[dict-item]
    ],
)
@pytest.mark.parametrize("command", sorted(ANSWERS))
def test_a_host_that_talks_nonsense_hides_no_other(
    tmp_path: Path, server: Sshd, command: str, lines: list[Any], words: str
) -> None:
    told(tmp_path, server, "web1", *lines)
    told(tmp_path, server, "web2", HELLO, *ANSWERS[command], BYE)
    fine = command == "facts" and HELLO in lines  # with which they come
    text = shown(tmp_path, command, "web", status=0 if fine else 1)
    assert fine or ("web1  " in text and words in text)
    assert "\nweb9" not in text
    assert "web2" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("command", ["status", "releases", "audit"])
def test_a_host_that_drips_for_ever_has_an_end(
    tmp_path: Path, server: Sshd, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from windlass.cli.cli import run

    monkeypatch.setattr(asking, "PATIENCE", 3)
    monkeypatch.setattr(asking, "FOR_EACH_APP", 0)
    told(tmp_path, server, "web1", HELLO, then="while :; do printf ' '; sleep 0.1; done")
    told(tmp_path, server, "web2", HELLO, then="yes ' ' | tr -d '\\n'")
    told(tmp_path, server, "web3", HELLO, *[{"type": "warning", "text": ""}], then=f"yes '{json.dumps(WARNING)}'")
    assert run(["--project", str(tmp_path), command, "web", "--json"]) == 1
    answers = {each["host"]: each["error"] for each in json.loads(capsys.readouterr().out)["hosts"]}
    assert answers["web1"].startswith("the host has not said all within 3 s")
    assert answers["web2"].startswith(("the agent sent nonsense: too long: ", "the host has not said all within 3 s"))
    assert answers["web3"].startswith(("the host says more than 16 MiB", "the host has not said all within 3 s"))


def test_what_a_program_says_on_several_hosts(tmp_path: Path, server: Sshd) -> None:
    output = {"type": "output", "stream": 1, "data": base64.b64encode(EVIL.encode()).decode()}
    for name in ("web1", "web2"):
        told(tmp_path, server, name, HELLO, output, {"type": "ended", "status": 0}, BYE)
    text = shown(tmp_path, "run", "--no-terminal", "web", "--", "id", status=0)
    for name in ("web1", "web2"):
        assert f"{name}\x1b[0m  x\\x1b[2J\\x1b]0;owned\\x07\\r[red]\\u202e\n" in text
    assert "\nweb9" not in text
    assert "\x1b[2J" not in text


def test_what_is_said_of_a_run(tmp_path: Path, server: Sshd) -> None:
    """On a terminal, with lines that live and all that there is to see of a failure."""
    progress = {"type": "progress", "id": 0, "text": EVIL, "whole": True}
    failed = {"type": "result", "id": 0, "status": "failed", "seconds": 1, "message": EVIL, "hint": EVIL}
    changed = {
        "type": "result",
        "id": 1,
        "status": "changed",
        "seconds": 1,
        "diff": {EVIL: [EVIL, EVIL]},
        "patch": EVIL,
    }
    changed["notes"] = {"warning": EVIL, "kernel": EVIL}
    told(tmp_path, server, "web1", HELLO, WARNING, {**progress, "whole": False}, progress, failed, changed, BYE)
    project(tmp_path, {"shop/shop.py": "app = 1\n", "shop/requirements.txt": "flask\n"})
    text = shown(tmp_path, "provision", "web1", "--check", "--diff", "--tags", "base", "-vv", "--debug", status=1)
    for part in ("\x1b[2J\x1b]", "\x1b]", "\x07", "\u202e"):
        assert part not in text
    assert text.count("\\x1b[2J") > 5
    assert "[red]" in text
    assert "\nweb9" not in text
