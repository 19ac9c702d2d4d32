"""The audit: what real agents write down of their runs, and what is read of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import resources_for_tests as odd
from tests.agent_process import AgentProcess, converge, own_file, statuses, wait_for
from tests.audit_entry import ENTRY
from tests.releases import release
from windlass.agent import audit
from windlass.agent.audit import Audit
from windlass.agent.resources import Link
from windlass.agent.wire import Message
from windlass.run.catalog import Entry

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def log(state: Path) -> Path:
    return state / "log" / "audit.jsonl"


def asked(state: Path, count: int = 20, app: str | None = None) -> list[dict[str, Any]]:
    """What an agent answers to `deploy.py audit`."""
    agent = AgentProcess(state)
    agent.wire.write({"type": "audit", "count": count, "app": app, **agent.folders})
    (answer,) = agent.finish({})
    assert agent.close() == ""
    entries: list[dict[str, Any]] = answer["entries"]
    return entries


def warnings(events: list[Message]) -> list[str]:
    return [event["text"] for event in events if event["type"] == "warning"]


def test_a_run_is_written_down_when_it_begins_and_when_it_ends(tmp_path: Path, state: Path, log: Path) -> None:
    converge(state, own_file(tmp_path / "a", "1"), own_file(tmp_path / "b", "2"))
    begun, ended = map(json.loads, log.read_text().splitlines())
    assert (begun["result"], begun["ended"], begun["changed"]) == ("unfinished", None, 0)
    assert begun["run"] == ended["run"]
    (entry,) = asked(state)
    assert entry == ended
    assert (entry["who"], entry["command"], entry["result"]) == ("me@here", "test", "done")
    assert (entry["changed"], entry["failed"], entry["failures"], entry["apps"]) == (2, 0, [], {})
    assert entry["status"] is None
    assert TIME.fullmatch(entry["time"])
    assert TIME.fullmatch(entry["ended"])
    assert (log.stat().st_mode & 0o777, log.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_failed_run_names_what_failed(tmp_path: Path, state: Path) -> None:
    converge(state, own_file(tmp_path / "a", "1"), odd.Stubborn("x"), own_file(tmp_path / "never", ""))
    (entry,) = asked(state)
    assert (entry["result"], entry["changed"], entry["failed"]) == ("failed", 1, 1)
    assert entry["failures"] == [odd.Stubborn("x").name]


def test_only_what_may_change_the_host_is_written_down(tmp_path: Path, state: Path, log: Path) -> None:
    converge(state, own_file(tmp_path / "a", "1"), check=True)
    assert not log.exists()
    first = AgentProcess(state)
    first.request(odd.Sleeper(str(tmp_path / "pid")))
    wait_for(tmp_path / "pid")
    before = log.read_text()
    second = AgentProcess(state)
    assert second.finish(second.request(own_file(tmp_path / "b", "")))[0]["type"] == "refused"
    second.close()
    assert log.read_text() == before
    first.process.kill()
    first.close()


def test_a_run_that_was_killed_is_unfinished(tmp_path: Path, state: Path) -> None:
    agent = AgentProcess(state)
    agent.finish(agent.request(odd.Sleeper(str(tmp_path / "pid"), crash=True)))
    agent.close()
    (entry,) = asked(state)
    assert (entry["result"], entry["ended"]) == ("unfinished", None)


def test_a_run_whose_control_machine_is_gone_is_interrupted(tmp_path: Path, state: Path) -> None:
    agent = AgentProcess(state)
    agent.request(odd.Sleeper(str(tmp_path / "pid")), own_file(tmp_path / "never", ""))
    wait_for(tmp_path / "pid")
    assert agent.process.stdin
    agent.process.stdin.close()
    agent.process.stdin = None
    agent.process.wait(60)
    agent.close()
    (entry,) = asked(state)
    assert entry["result"] == "interrupted"


def test_a_run_that_cannot_begin_is_refused(tmp_path: Path, state: Path) -> None:
    state.mkdir()
    (state / "owed.json").write_text("5")
    agent = AgentProcess(state)
    agent.finish(agent.request(own_file(tmp_path / "a", "")))
    agent.close()
    assert [entry["result"] for entry in asked(state)] == ["refused"]


def test_the_releases_before_and_after_are_named(state: Path) -> None:
    home = state / "srv" / "shop"
    release(home, "one", current=True)
    release(home, "two")
    converge(state, Entry(Link(f"{home}/current", "releases/two"), "release", "shop"))
    converge(state, Entry(Link(f"{home}/none", "x"), "release", "new"))
    first, second = asked(state)
    assert first["apps"] == {"shop": {"from": "one", "to": "two"}}
    assert second["apps"] == {"new": {"from": None, "to": None}}
    assert asked(state, app="shop") == [first]
    assert asked(state, count=1) == [second]


def test_an_entry_of_an_older_version_is_shown_all_the_same(tmp_path: Path) -> None:
    older = {name: value for name, value in ENTRY.items() if name != "status"}
    Audit(str(tmp_path)).append({**older, "run": "first"})
    assert Audit(str(tmp_path)).runs(9) == [{**older, "run": "first", "status": None}]


@pytest.mark.parametrize("line", ["{", "5", "[]", '{"run": "2"}', "[" * 100_000, json.dumps({**ENTRY, "seconds": "x"})])
def test_a_line_that_is_damaged_hides_no_other(tmp_path: Path, line: str) -> None:
    kept = Audit(str(tmp_path))
    kept.append(ENTRY)
    with Path(kept.path).open("a") as file:
        file.write(f"{line}\n")
    kept.append({**ENTRY, "run": "3"})
    assert [entry["run"] for entry in kept.runs(9)] == ["1", "3"]


def test_no_secret_is_written_down(tmp_path: Path, state: Path, log: Path) -> None:
    secret = "canary-8a6f"
    path = tmp_path / "file"
    verify = ("sh", "-c", f"cat {path}; ! test -e {path}")
    results = converge(
        state,
        own_file(tmp_path / "env", secret, sensitive=True),
        own_file(path, secret, verify=verify),
    )
    assert statuses(results) == ["changed", "failed"]
    assert secret in results[1]["message"]
    assert secret not in log.read_text()


@pytest.mark.parametrize("damage", ['{"run": "cut of', "\0" * 100, "\n[]\n5\n{}", "\udcff"])
def test_what_is_damaged_is_skipped_and_spoils_nothing(tmp_path: Path, state: Path, log: Path, damage: str) -> None:
    converge(state, own_file(tmp_path / "a", "1"))
    with log.open("a", errors="surrogateescape") as file:
        file.write(damage)
    converge(state, own_file(tmp_path / "a", "2"))
    assert [entry["result"] for entry in asked(state)] == ["done", "done"]


def test_a_large_file_is_put_aside_and_still_read(tmp_path: Path, state: Path, log: Path) -> None:
    for content in "123":
        converge(state, own_file(tmp_path / "a", content))
        if content != "3":
            with log.open("a") as file:
                file.write("x" * audit.LARGEST)
    assert {path.name for path in log.parent.iterdir()} == {"audit.jsonl", "audit.jsonl.1"}
    assert len(asked(state)) == 2


def test_a_run_goes_on_where_nothing_can_be_written_down(tmp_path: Path, state: Path, log: Path) -> None:
    state.mkdir()
    log.parent.write_text("")
    agent = AgentProcess(state)
    events = agent.finish(agent.request(own_file(tmp_path / "a", "1")))
    agent.close()
    assert warnings(events) == [
        f"the {what} of this run is not in the audit: File exists: {log}" for what in ("beginning", "end")
    ]
    assert (tmp_path / "a").read_text() == "1"


def test_a_link_in_its_place_is_not_followed(tmp_path: Path, state: Path, log: Path) -> None:
    log.parent.mkdir(parents=True)
    (tmp_path / "precious").write_text("precious")
    log.symlink_to(tmp_path / "precious")
    agent = AgentProcess(state)
    events = agent.finish(agent.request(own_file(tmp_path / "a", "1")))
    agent.close()
    assert "Too many levels of symbolic links" in warnings(events)[0]
    assert (tmp_path / "precious").read_text() == "precious"


def test_a_disk_that_is_full_in_the_middle_of_a_line_costs_that_line(tmp_path: Path) -> None:
    entry = ENTRY
    found = Audit(str(tmp_path))
    found.append({**entry, "run": "first"})
    # The kernel writes as far as the limit goes, as it does on a disk that is nearly full.
    script = (
        "import os, resource, signal, sys; sys.path.insert(0, sys.argv[2]); from windlass.agent.audit import Audit\n"
        "audit = Audit(sys.argv[1]); size = os.stat(audit.path).st_size\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, size + 20))\n"
        "try: audit.append({'run': 'second', 'more': 'x' * 100})\n"
        "except OSError as error: print(error.strerror)"
    )
    argv = [sys.executable, "-c", script, str(tmp_path), str(Path(__file__).parents[2])]
    assert subprocess.run(argv, capture_output=True, text=True).stdout == "No space left on device\n"
    assert not Path(found.path).read_text().endswith("\n")
    found.append({**entry, "run": "third"})
    assert [each["run"] for each in found.runs(9)] == ["first", "third"]


def test_nothing_written_down_is_no_error(state: Path) -> None:
    assert asked(state) == []


@pytest.mark.parametrize("command", ["exec", "env -i", "env -i setsid -w sh -c 'exec \"$@\"' sh"])
def test_the_address_is_known_even_where_sudo_has_emptied_the_environment(command: str) -> None:
    # Like sudo, the shell stays above what it runs, with the environment that it got.
    script = "import sys; sys.path.insert(0, sys.argv[1]); from windlass.agent.audit import *; print(client_address())"
    argv = [
        "sh",
        "-c",
        f'{command} "$@"; exit $?',
        "sh",
        sys.executable,
        "-c",
        script,
        str(Path(__file__).parents[2]),
    ]
    environment = {"PATH": os.environ["PATH"], "SSH_CONNECTION": "192.0.2.7 50000 192.0.2.1 22"}
    done = subprocess.run(argv, env=environment, capture_output=True, text=True)
    assert done.stdout == "192.0.2.7\n", done.stderr
