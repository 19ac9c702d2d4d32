"""The agent as a process: alone on its host, and ending with the connection."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import pytest

from tests import resources_for_tests as odd
from tests.agent_process import AgentProcess, converge, own_file, statuses, wait_for


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_a_second_run_is_refused_with_who_and_what(tmp_path: Path, state: Path) -> None:
    first = AgentProcess(state)
    first.request(odd.Sleeper(str(tmp_path / "pid")))
    wait_for(tmp_path / "pid")
    second = AgentProcess(state)
    (refusal,) = second.finish(second.request(own_file(tmp_path / "file", "")))
    assert refusal["type"] == "refused"
    assert re.fullmatch(
        r"me@here runs `test` here since \d\d:\d\d:\d\d UTC \(\d+ s, pid \d+\)\n"
        "  Run again when that has ended; a run that has crashed holds nothing\\.",
        refusal["reason"],
    )
    second.close()
    (state / "lock").write_text("")
    third = AgentProcess(state)
    (refusal,) = third.finish(third.request(own_file(tmp_path / "file", "")))
    assert refusal["reason"] == (
        "another run holds the lock\n  Run again when that has ended; a run that has crashed holds nothing."
    )
    third.close()
    first.process.kill()
    first.close()
    assert statuses(converge(state, own_file(tmp_path / "file", ""))) == ["changed"]


def test_a_second_run_waits_for_one_that_is_being_stopped(tmp_path: Path, state: Path) -> None:
    first = AgentProcess(state)
    first.request(odd.Sleeper(str(tmp_path / "pid"), deaf=True))
    child = int(wait_for(tmp_path / "pid"))
    assert first.process.stdin
    first.process.stdin.close()
    first.process.stdin = None
    deadline = time.monotonic() + 60
    while "finishing" not in (state / "lock").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    second = AgentProcess(state)
    contents = second.request(own_file(tmp_path / "file", ""))
    told = second.wire.read()
    assert told
    assert told[0] == {
        "type": "warning",
        "text": "waiting: me@here's `test` was interrupted: what it ran is being stopped",
    }
    os.kill(child, signal.SIGKILL)
    results = [event for event in second.finish(contents) if event["type"] == "result"]
    assert statuses(results) == ["changed"]
    first.close()
    second.close()


def test_the_running_command_ends_when_the_control_machine_is_gone(tmp_path: Path, state: Path) -> None:
    agent = AgentProcess(state)
    agent.request(odd.Sleeper(str(tmp_path / "pid")), own_file(tmp_path / "never", ""))
    child = int(wait_for(tmp_path / "pid"))
    assert agent.process.stdin
    agent.process.stdin.close()
    agent.process.stdin = None
    agent.process.wait(60)
    agent.close()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    assert not (tmp_path / "never").exists()


def test_a_run_waits_for_what_an_interrupted_one_must_finish(tmp_path: Path, state: Path) -> None:
    first = AgentProcess(state)
    first.request(odd.Finisher(str(tmp_path)), own_file(tmp_path / "never", ""))
    wait_for(tmp_path / "pid")
    assert first.process.stdin
    first.process.stdin.close()
    first.process.stdin = None
    messages = iter(first.wire.read, None)
    assert any(message["type"] == "finishing" for message, _ in messages)
    second = AgentProcess(state)
    contents = second.request(own_file(tmp_path / "file", ""))
    received = second.wire.read()
    assert received
    assert received[0]["type"] == "warning"
    assert received[0]["text"] == "waiting: me@here's `test` was interrupted: it ends soon"
    (tmp_path / "go").touch()
    assert statuses([message for message in second.finish(contents) if message["type"] == "result"]) == ["changed"]
    assert (first.close(), second.close()) == ("", "")
    assert not (tmp_path / "never").exists()
