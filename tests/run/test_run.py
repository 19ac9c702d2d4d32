"""A run over several hosts: what happens to the others when one is in trouble. Hosts that do not answer suffice."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from windlass.host import Connect, Host
from windlass.output.outcome import Outcome
from windlass.output.report import Report
from windlass.output.terminal import Terminal
from windlass.run.plan import Roles
from windlass.run.run import Request, Run
from windlass.settings import Settings
from windlass.ssh.options import ConnectOptions


def silent_hosts(stack: ExitStack, count: int) -> list[Host]:
    """Hosts whose port accepts and never says a word."""
    hosts = []
    for number in range(count):
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        connect = Connect("127.0.0.1", port=listener.getsockname()[1], user="root")
        hosts.append(Host(f"silent{number}", [], connect, Settings(), {}))
    return hosts


def run(project: Path, **request: int) -> Run:
    options = ConnectOptions(connect_timeout=3, attempts=1, known_hosts=[])
    return Run(Request("test", check=True, **request), options, Roles(project=project), Report(Terminal(quiet=True)))


def test_every_host_that_cannot_be_reached_has_an_outcome(tmp_path: Path) -> None:
    with ExitStack() as stack:
        outcomes = run(tmp_path).converge(silent_hosts(stack, 2))
    assert [outcome.host for outcome in outcomes] == ["silent0", "silent1"]
    assert all("silent" in str(outcome.error) and outcome.exit_status == 1 for outcome in outcomes)


def test_a_bug_on_one_host_leaves_the_others_and_the_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    follow = Run._follow

    def stumble(self: Run, host: Host, given: object, outcome: Outcome) -> None:
        if host.name == "silent0":
            raise KeyError("colour")
        follow(self, host, given, outcome)  # type: ignore[arg-type]

    monkeypatch.setattr(Run, "_follow", stumble)
    with ExitStack() as stack:
        outcomes = run(tmp_path).converge(silent_hosts(stack, 2))
    assert str(outcomes[0].error) == "a bug in Windlass: KeyError: 'colour'"
    assert "silent1" in str(outcomes[1].error)


def test_ctrl_c_begins_nothing_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []

    def started(report: Report, host: str) -> None:
        begun.append(host)
        if len(begun) == 2:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Report, "started", started)
    with ExitStack() as stack:
        running = run(tmp_path, forks=2)
        running.converge(silent_hosts(stack, 6))
    assert running.interrupted
    assert begun == ["silent0", "silent1"]
