"""Ctrl-C typed on a terminal, and SIGTERM, while hosts do not answer."""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import time
import weakref
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.lab.commands import ROOT
from tests.projects import project
from tests.terminal_process import CTRL_C, TerminalProcess
from windlass.output.interrupt import noticing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENOUGH = 60  # seconds, however busy the machine is


@pytest.fixture
def servers() -> Iterator[list[socket.socket]]:
    """Three that accept and never say a word."""
    with ExitStack() as stack:
        yield [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]


@pytest.fixture
def silent(tmp_path: Path, servers: list[socket.socket]) -> Path:
    """A project with these for hosts."""
    ports = [server.getsockname()[1] for server in servers]
    hosts = "".join(f"    s{number}: {{ansible_port: {port}}}\n" for number, port in enumerate(ports))
    return project(tmp_path, f"all:\n  vars: {{ansible_host: 127.0.0.1}}\n  hosts:\n{hosts}")


def running(folder: Path, *words: str) -> TerminalProcess:
    argv = [sys.executable, str(ROOT / "deploy.py"), "--project", str(folder), *words]
    return TerminalProcess(argv, {"NO_COLOR": "1"})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_tells_of_every_host(number: signal.Signals, silent: Path) -> None:
    with running(silent, "provision", "all", "--forks", "2") as process:
        process.until("s1 connecting")
        process.type(CTRL_C) if number == signal.SIGINT else os.kill(process.pid, number)
        assert process.end(ENOUGH) == 130
        assert process.echoes()
    for number in range(3):
        assert f"s{number}  failed  interrupted before it began\n" in process.shown
        assert f"s{number}  not done, 0.0 s\n" in process.shown
    assert "interrupted; run the same command again to finish" in process.shown
    assert "Traceback" not in process.shown


def test_one_that_python_could_not_raise_is_noticed_in_silence(capfd: pytest.CaptureFixture[str]) -> None:
    class Thing:
        pass

    def callback(reference: object) -> None:
        signal.raise_signal(signal.SIGINT)

    thing = Thing()
    _reference = weakref.ref(thing, callback)
    with noticing() as interrupt:
        del thing
        with pytest.raises(KeyboardInterrupt):
            interrupt.check()
    assert capfd.readouterr().err == ""


def test_a_question_that_a_job_of_ci_cancels_ends_as_by_ctrl_c(silent: Path, servers: list[socket.socket]) -> None:
    with running(silent, "status", "all") as process:
        assert select.select(servers, [], [], ENOUGH)[0]
        os.kill(process.pid, signal.SIGTERM)
        assert process.end(ENOUGH) == 130
    assert "interrupted; run the same command again to finish" in process.shown
    assert "Traceback" not in process.shown


@pytest.mark.parametrize("pause", [0, 0.01, 0.03, 0.1])
@pytest.mark.parametrize("command", ["provision", "status"])
def test_a_second_ctrl_c_stops_at_once(silent: Path, servers: list[socket.socket], command: str, pause: float) -> None:
    with running(silent, command, "all") as process:
        assert select.select(servers, [], [], ENOUGH)[0]
        process.type(CTRL_C)
        time.sleep(pause)
        process.type(CTRL_C)
        assert process.end(ENOUGH) == 130
    assert "Traceback" not in process.shown
