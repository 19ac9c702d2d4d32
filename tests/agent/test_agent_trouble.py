"""The agent when the connection breaks, when it is killed, and when its host is not fit for it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.agent_process import AgentProcess, converge, own_file, statuses

BODY = b'{"type":"content","size":100}\n'


@pytest.mark.parametrize("last_words", [b"", BODY[:10], BODY, BODY + b"half of"])
def test_an_agent_that_waits_for_content_ends_when_the_connection_does(tmp_path: Path, last_words: bytes) -> None:
    agent = AgentProcess(tmp_path / "state")
    agent.request(own_file(tmp_path / "file", "x" * 100), own_file(tmp_path / "never", ""))
    while (received := agent.wire.read()) and received[0]["type"] != "want":
        pass
    assert agent.process.stdin
    agent.process.stdin.write(last_words)
    agent.process.stdin.close()
    agent.process.stdin = None
    assert agent.close() == ""
    assert not (tmp_path / "never").exists()
    assert statuses(converge(tmp_path / "state", own_file(tmp_path / "file", ""))) == ["changed"]


def refusal(agent: AgentProcess, stderr: str = "") -> str:
    """Why the agent does not do what it was asked for, if it says so and ends in good order."""
    (event,) = agent.finish({})
    said = agent.close()
    assert stderr in said if stderr else said == ""
    assert "Fatal Python error" not in said
    assert agent.process.returncode == 0
    assert event["type"] == "refused"
    return str(event["reason"])


def test_a_state_folder_that_cannot_be_is_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    for check, words in ((False, "File exists"), (True, "Not a directory")):
        agent = AgentProcess(tmp_path / "state")
        agent.request(own_file(tmp_path / "file", ""), check=check)
        assert refusal(agent).startswith(f"the agent cannot work on the host: {words}: {tmp_path}/state")
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("noted", ["", '["cut', "5", '{"a": 1}', "[[]]"])
def test_damaged_notes_are_a_refusal(tmp_path: Path, noted: str) -> None:
    (tmp_path / "owed.json").write_text(noted)
    agent = AgentProcess(tmp_path)
    agent.request(own_file(tmp_path / "file", ""))
    assert refusal(agent) == (
        f"{tmp_path}/owed.json is damaged: it should say which services an earlier run still had to reload\n"
        "  Remove it, and reload nginx and restart what you have doubts about yourself."
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_state_folder_of_somebody_else_is_a_refusal(tmp_path: Path) -> None:
    os.chown(tmp_path, 54321, -1)
    agent = AgentProcess(tmp_path)
    agent.request(own_file(tmp_path / "file", ""))
    assert refusal(agent) == f"{tmp_path} belongs to somebody else\n  Find out who made it, and move it away."


def test_a_pattern_that_the_hosts_python_does_not_understand_is_a_refusal(tmp_path: Path) -> None:
    agent = AgentProcess(tmp_path)
    agent.wire.write(
        {
            "type": "logs",
            "apps": [],
            "nginx": True,
            "count": 1,
            "since": 0,
            "grep": "a(b",
            "follow": False,
            "probes": False,
        }
    )
    assert refusal(agent) == (
        "this host's Python does not understand the pattern 'a(b': missing ), unterminated subpattern at position 1"
    )


def test_a_bug_outside_of_resources_is_a_refusal(tmp_path: Path) -> None:
    agent = AgentProcess(tmp_path)
    agent.request(own_file(tmp_path / "file", ""), kind="resources.nothing:Nothing")
    assert "a bug in Windlass: ModuleNotFoundError" in refusal(agent, stderr="Traceback")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"type": "status", "apps": [{"wrong": "x"}]}, "apps[0] lacks domains, health_path, name, tls"),
        ({"type": "explode"}, "type is 'explode', none of audit, converge, environments, logs, releases, run, status"),
        ({"type": ["status"]}, "type is a list, none of audit, converge, environments, logs, releases, run, status"),
        ({}, "it lacks type"),
        ({"type": "audit", "count": -1, "app": None}, "count is -1, not between 0 and 9.22337e+18"),
        ({"type": "audit", "count": 1.5, "app": None}, "count is 1.5, no integer"),
        ({"type": "releases", "apps": {}}, "apps is an object, no list"),
        ({"type": "environments", "apps": ["x" * 65_537], "key": ""}, "apps[0] has 65537 characters, more than 65536"),
    ],
)
def test_what_is_no_request_is_a_refusal(tmp_path: Path, asked: dict[str, Any], words: str) -> None:
    agent = AgentProcess(tmp_path)
    agent.wire.write(asked)
    assert refusal(agent) == f"this is nothing that an agent can be asked: {words}"


def killed_before_it_verified(tmp_path: Path, content: str) -> tuple[str, ...]:
    """A file with this content by an agent that did not live to verify it; gives back the command that does."""
    path, flag = tmp_path / "file", tmp_path / "killed"
    verify = ("sh", "-c", f"test -e {flag} || {{ touch {flag}; kill -9 $PPID; }}; ! grep bad {path}")
    agent = AgentProcess(tmp_path / "state")
    agent.finish(agent.request(own_file(path, content, verify=verify)))
    agent.close()
    assert agent.process.returncode == -9
    assert path.read_text() == content
    return verify


@pytest.mark.parametrize("before", ["good\n", None])
def test_a_bad_file_is_put_back_by_the_run_after_a_crash(tmp_path: Path, before: str | None) -> None:
    path = tmp_path / "file"
    if before:
        path.write_text(before)
        path.chmod(0o600)
    verify = killed_before_it_verified(tmp_path, "bad\n")
    for _ in range(2):
        (result,) = converge(tmp_path / "state", own_file(path, "bad\n", verify=verify))
        assert result["status"] == "failed"
        assert "refused, and as it was again: bad" in result["message"]
        assert (path.read_text() if path.exists() else None) == before
    assert before is None or path.stat().st_mode & 0o777 == 0o600


def test_a_good_file_is_verified_by_the_run_after_a_crash(tmp_path: Path) -> None:
    verify = killed_before_it_verified(tmp_path, "good\n")
    file = own_file(tmp_path / "file", "good\n", verify=verify)
    (result,) = converge(tmp_path / "state", file)
    assert result["diff"] == {"verified": [False, True]}
    assert statuses(converge(tmp_path / "state", file)) == ["ok"]
    assert {path.name for path in tmp_path.iterdir()} == {"file", "killed", "state"}
    assert json.loads((tmp_path / "state" / "lock").read_text())["who"] == "me@here"
