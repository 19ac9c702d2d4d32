"""Catalogs, converged by an agent in a real process: each on a small real world, most of them twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import resources_for_tests as odd
from tests.agent_process import GROUP, USER, AgentProcess, converge, own_file, statuses
from windlass.agent.resources import Absent, Directory, Link
from windlass.run.catalog import Entry


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_second_run_changes_nothing_and_asks_for_no_content(tmp_path: Path, state: Path) -> None:
    world = [
        Directory(str(tmp_path / "folder"), mode=0o750, owner=USER, group=GROUP),
        own_file(tmp_path / "folder" / "file", "words\n", mode=0o640),
        Link(str(tmp_path / "link"), "folder/file"),
    ]
    assert statuses(converge(state, *world)) == ["changed"] * 3
    assert (tmp_path / "link").read_text() == "words\n"
    assert (tmp_path / "folder" / "file").stat().st_mode & 0o777 == 0o640
    agent = AgentProcess(state)
    events = agent.finish(agent.request(*world))
    assert [event["type"] for event in events] == ["result"] * 3
    assert statuses(events) == ["ok"] * 3
    agent.close()


def test_check_mode_changes_nothing(tmp_path: Path, state: Path) -> None:
    results = converge(
        state, own_file(tmp_path / "file", "new\n"), Absent(str(tmp_path / "old")), check=True, diff=True
    )
    assert statuses(results) == ["changed", "ok"]
    assert "+new" in results[0]["patch"]
    assert list(tmp_path.iterdir()) == []


def test_check_mode_says_unknown_where_it_cannot_tell(state: Path) -> None:
    assert statuses(converge(state, odd.Riddle("x"), check=True)) == ["unknown"]
    assert statuses(converge(state, odd.Riddle("x"))) == ["failed"]


def test_drift_is_named_and_repaired(tmp_path: Path, state: Path) -> None:
    file = own_file(tmp_path / "file", "right\n", mode=0o644)
    converge(state, file)
    (tmp_path / "file").chmod(0o666)
    (result,) = converge(state, file)
    assert result["diff"] == {"mode": [0o666, 0o644]}


def test_a_change_refreshes_a_later_resource_once(tmp_path: Path, state: Path) -> None:
    diary = odd.Diary(str(tmp_path / "diary"))
    world = [
        own_file(tmp_path / "a", "1", notify=[diary]),
        own_file(tmp_path / "b", "2", notify=[diary]),
        diary,
    ]
    results = converge(state, *world)
    assert results[2]["refreshed"]
    assert (tmp_path / "diary").read_text() == "refreshed\n"
    assert statuses(converge(state, *world)) == ["ok"] * 3


def test_an_owed_refresh_survives_a_crash(tmp_path: Path, state: Path) -> None:
    diary = odd.Diary(str(tmp_path / "diary"))
    change = own_file(tmp_path / "a", "1", notify=[diary])
    agent = AgentProcess(state)
    agent.finish(agent.request(change, odd.Sleeper(str(tmp_path / "pid"), crash=True), diary))
    agent.close()
    assert agent.process.returncode == -9
    assert not (tmp_path / "diary").exists()
    results = converge(state, change, diary)
    assert statuses(results) == ["ok", "changed"]
    assert (tmp_path / "diary").read_text() == "refreshed\n"
    assert statuses(converge(state, change, diary)) == ["ok", "ok"]


def test_a_refresh_that_fails_stays_owed(tmp_path: Path, state: Path) -> None:
    diary = odd.Diary(str(tmp_path / "folder" / "diary"))
    change = own_file(tmp_path / "a", "1", notify=[diary])
    for status in ("changed", "ok"):
        assert statuses(converge(state, change, diary)) == [status, "failed"]
    (tmp_path / "folder").mkdir()
    assert statuses(converge(state, change, diary)) == ["ok", "changed"]
    assert (tmp_path / "folder" / "diary").read_text() == "refreshed\n"


def test_check_mode_says_what_would_be_refreshed(tmp_path: Path, state: Path) -> None:
    diary = odd.Diary(str(tmp_path / "diary"))
    results = converge(state, own_file(tmp_path / "a", "1", notify=[diary]), diary, check=True)
    assert statuses(results) == ["changed", "changed"]
    assert results[1]["refreshed"]
    assert list(tmp_path.iterdir()) == []


def test_what_a_failure_has_changed_is_probed_again(tmp_path: Path, state: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    broken = odd.Probed("broken", str(path), breaks=True)
    results = converge(state, Entry(broken, "release", "a"), Entry(odd.Probed("fine", str(path)), "release", "b"))
    assert statuses(results) == ["failed", "ok"]


def test_still_different_after_apply_is_a_failure(state: Path) -> None:
    (result,) = converge(state, odd.Stubborn("x"))
    assert result["status"] == "failed"
    assert result["message"] == "not converged: still different after it was applied: mood is 'bad', not 'good'"


def test_a_failure_skips_what_follows(tmp_path: Path, state: Path) -> None:
    results = converge(state, odd.Stubborn("x"), own_file(tmp_path / "never", ""))
    assert statuses(results) == ["failed", "skipped"]
    assert not (tmp_path / "never").exists()


def test_a_failing_app_does_not_stop_another(tmp_path: Path, state: Path) -> None:
    results = converge(
        state,
        Entry(odd.Stubborn("x"), "release", "broken"),
        Entry(own_file(tmp_path / "broken", ""), "site", "broken"),
        Entry(own_file(tmp_path / "fine", ""), "site", "fine"),
    )
    assert statuses(results) == ["failed", "skipped", "changed"]


def test_a_bug_is_a_failure_and_not_the_end(tmp_path: Path, state: Path) -> None:
    results = converge(
        state, Entry(odd.Buggy("x"), "release", "a"), Entry(own_file(tmp_path / "b", ""), "release", "b")
    )
    assert statuses(results) == ["failed", "changed"]
    assert "a bug in Windlass: KeyError: 'x'" in results[0]["message"]
    assert "resources/for_tests.py" in results[0]["traceback"]


def test_sensitive_values_are_in_no_message(tmp_path: Path, state: Path) -> None:
    secret = "canary-8a6f"
    world = [own_file(tmp_path / "env", secret, mode=0o600, sensitive=True), odd.Buggy(secret, sensitive=True)]
    agent = AgentProcess(state)
    events = agent.finish(agent.request(*world, diff=True))
    assert statuses([event for event in events if event["type"] == "result"]) == ["changed", "failed"]
    assert secret not in repr(events)
    assert secret not in agent.close()
    assert (tmp_path / "env").read_text() == secret
    (tmp_path / "env").write_text("old-canary-8a6f")
    assert "canary" not in repr(converge(state, world[0], diff=True, check=True))


def test_a_failure_of_a_sensitive_resource_has_no_words_of_others(tmp_path: Path, state: Path) -> None:
    secret = "canary-8a6f"
    path = tmp_path / "env"
    verify = ("sh", "-c", f"cat {path} && exit 1; true")
    (refused,) = converge(state, own_file(path, secret, verify=verify, sensitive=True))
    (lost,) = converge(state, own_file(tmp_path / "no" / "env", secret, sensitive=True))
    unknown = converge(state, odd.Riddle(secret, sensitive=True), check=True)
    assert refused["message"].startswith("refused, and as it was again")
    assert lost["message"] == f"cannot write {tmp_path}/no/env: there is no folder {tmp_path}/no"
    assert "canary" not in repr([refused, lost, unknown])


def test_a_file_that_its_command_refuses_is_put_back(tmp_path: Path, state: Path) -> None:
    path = tmp_path / "file"
    path.write_text("good\n")
    refuse = ("sh", "-c", f"echo 'line 1: bad word'; ! grep -q bad {path}")
    (result,) = converge(state, own_file(path, "bad\n", verify=refuse))
    assert result["status"] == "failed"
    assert "line 1: bad word" in result["message"]
    assert path.read_text() == "good\n"
    (result,) = converge(state, own_file(tmp_path / "new", "", verify=("false",)))
    assert not (tmp_path / "new").exists()


def test_a_link_in_place_of_a_file_is_refused(tmp_path: Path, state: Path) -> None:
    (tmp_path / "target").write_text("precious")
    (tmp_path / "file").symlink_to("target")
    (result,) = converge(state, own_file(tmp_path / "file", "new"))
    assert "is no regular file" in result["message"]
    assert (tmp_path / "target").read_text() == "precious"


def test_nothing_temporary_is_left(tmp_path: Path, state: Path) -> None:
    (tmp_path / ".windlass-new-file").write_text("what a killed run left")
    converge(state, own_file(tmp_path / "file", "x" * 100_000), Link(str(tmp_path / "link"), "file"))
    assert {path.name for path in tmp_path.iterdir()} == {"file", "link", "state"}


def test_who_is_notified_hears_of_the_changes_before_and_of_a_failure_between(tmp_path: Path, state: Path) -> None:
    diary, one = tmp_path / "diary", tmp_path / "one"
    keeper = odd.Keeper(str(diary))
    files = [own_file(one, "1", notify=[keeper]), own_file(tmp_path / "two", "2", notify=[keeper])]
    assert statuses(converge(state, *files, odd.Stubborn("x"), keeper))[-2:] == ["failed", "skipped"]
    assert diary.read_text().splitlines() == ["one anew", "two too", "given up"]
    assert not one.exists()
    # What was taken back was never applied: nobody has removed it by hand.
    diary.unlink()
    results = [each for each in converge(state, *files, keeper) if each["type"] == "result"]
    assert (statuses(results), results[0]["drift"]) == (["changed", "ok", "changed"], "pending")
    assert diary.read_text().splitlines() == ["one too", "refreshed"]
