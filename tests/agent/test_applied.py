"""What was last applied, as a real agent records it, and what a difference is called then."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests import resources_for_tests as odd
from tests.agent_process import AgentProcess, converge, own_file, statuses
from windlass.agent.applied import Applied
from windlass.agent.resources import Absent, Directory, File, Link, LoginDefs


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


def drift(state: Path, *resources: File | Absent | Directory | Link | LoginDefs) -> list[str | None]:
    """What a check calls the differences."""
    return [result.get("drift") for result in converge(state, *resources, check=True)]


def test_what_the_inventory_changed_is_pending_and_what_somebody_changed_is_said_so(state: Path, path: Path) -> None:
    old, new = own_file(path, "old\n"), own_file(path, "new\n")
    converge(state, old)
    assert drift(state, old) == [None]
    assert drift(state, new) == ["pending"]
    path.write_text("by hand\n")
    assert drift(state, old) == ["changed by hand"]
    assert drift(state, new) == ["conflict"]


def test_a_run_that_overwrites_what_somebody_changed_says_so_and_then_it_is_in_order(state: Path, path: Path) -> None:
    file = own_file(path, "right\n")
    converge(state, file)
    path.chmod(0o600)
    (result,) = converge(state, file)
    assert result["drift"] == "changed by hand"
    path.unlink()
    (result,) = converge(state, file)
    assert result["drift"] == "changed by hand"
    assert drift(state, file) == [None]


def test_mode_by_hand_and_content_by_the_inventory_are_a_conflict(state: Path, path: Path) -> None:
    converge(state, own_file(path, "old\n"))
    path.chmod(0o600)
    assert drift(state, own_file(path, "new\n")) == ["conflict"]


def test_nothing_is_said_where_nothing_was_ever_recorded(state: Path, path: Path) -> None:
    path.write_text("by hand\n")
    assert drift(state, own_file(path, "new\n")) == [None]
    assert not state.exists()


def test_what_is_found_in_order_is_recorded_as_well(state: Path, path: Path) -> None:
    path.write_text("right\n")
    path.chmod(0o644)
    assert statuses(converge(state, own_file(path, "right\n"))) == ["ok"]
    path.write_text("by hand\n")
    assert drift(state, own_file(path, "right\n")) == ["changed by hand"]


def test_what_is_new_in_the_inventory_is_pending(state: Path, path: Path) -> None:
    converge(state, own_file(path, "x"))
    assert drift(state, own_file(path.with_name("other"), "y")) == ["pending"]


def test_what_is_new_of_something_that_was_there_already_is_pending(state: Path, path: Path) -> None:
    path.write_text("UMASK 077\nPASS_MAX_DAYS 99999\n")
    converge(state, LoginDefs(str(path), {"UMASK": "077"}))
    more = LoginDefs(str(path), {"UMASK": "077", "PASS_MAX_DAYS": "365"})
    assert drift(state, more) == ["pending"]
    path.write_text("UMASK 022\nPASS_MAX_DAYS 99999\n")
    assert drift(state, more) == ["conflict"]


def test_a_path_that_becomes_absent_and_comes_back_is_pending_each_time(state: Path, path: Path) -> None:
    file, absent = own_file(path, "x"), Absent(str(path))
    for there, other in ((file, absent), (absent, file), (file, absent)):
        converge(state, there)
        assert drift(state, other) == ["pending"]
    converge(state, absent)
    path.write_text("put back by hand")
    assert drift(state, absent) == ["changed by hand"]
    assert drift(state, file) == ["conflict"]


def test_a_run_over_a_part_keeps_what_is_recorded_of_the_rest(state: Path, tmp_path: Path) -> None:
    one, two = own_file(tmp_path / "one", "1"), own_file(tmp_path / "two", "2")
    converge(state, one, two, whole=True)
    converge(state, own_file(tmp_path / "one", "another"))
    (tmp_path / "two").write_text("by hand")
    assert drift(state, two) == ["changed by hand"]


def test_a_whole_run_drops_what_has_gone_from_the_inventory(state: Path, tmp_path: Path) -> None:
    one, two = own_file(tmp_path / "one", "1"), own_file(tmp_path / "two", "2")
    converge(state, one, two, whole=True)
    converge(state, one, whole=True)
    assert list(recorded(state)) == [str(tmp_path / "one")]
    assert drift(state, own_file(tmp_path / "two", "3")) == ["pending"]


def test_after_a_crash_what_was_applied_does_not_look_changed_by_hand(state: Path, path: Path) -> None:
    converge(state, own_file(path, "old\n"))
    agent = AgentProcess(state)
    new = own_file(path, "new\n")
    agent.finish(agent.request(new, odd.Sleeper("unused", crash=True)))
    agent.close()
    assert agent.process.returncode == -9
    assert drift(state, new) == [None]
    assert drift(state, own_file(path, "newer\n")) == ["pending"]


def test_what_failed_keeps_its_record(state: Path, path: Path) -> None:
    good = own_file(path, "good\n")
    converge(state, good)
    refused = own_file(path, "bad\n", verify=("sh", "-c", f"! grep -q bad {path}"))
    assert statuses(converge(state, refused)) == ["failed"]
    assert drift(state, refused) == ["pending"]
    path.write_text("by hand\n")
    assert drift(state, good) == ["changed by hand"]


def test_what_changes_by_itself_is_no_drift(state: Path, path: Path) -> None:
    file = own_file(path, "x", verify=("true",))
    converge(state, file)
    path.with_name(".windlass-old-file").symlink_to("none")  # as a crash in the middle of verifying leaves it
    assert drift(state, file) == [None]


def test_a_run_that_changes_nothing_does_not_write(state: Path, path: Path) -> None:
    converge(state, own_file(path, "x"), whole=True)
    before = (state / "applied.json").stat()
    converge(state, own_file(path, "x"), whole=True)
    assert (state / "applied.json").stat().st_ino == before.st_ino


def test_what_was_only_refreshed_is_recorded_as_well(state: Path, tmp_path: Path, path: Path) -> None:
    diary = odd.Diary(str(tmp_path / "diary"))
    converge(state, own_file(path, "x", notify=[diary]), diary)
    assert set(recorded(state)) == {str(path), str(tmp_path / "diary")}


def test_the_record_is_for_root_alone_and_has_no_more_of_a_value_than_two_bytes(state: Path, path: Path) -> None:
    secret = "correct horse"
    converge(state, own_file(path, secret, sensitive=True, mode=0o600))
    file = state / "applied.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.stat().st_uid == os.geteuid()
    assert secret not in file.read_text()
    (tags,) = recorded(state).values()
    assert set(tags) == {"exists", "content", "mode", "owner", "group"}
    assert {len(tag) for tag in tags.values()} == {4}
    (again,) = converge(state, own_file(path, "other", sensitive=True, mode=0o600), check=True)
    assert again["drift"] == "pending"
    assert secret not in repr(again)


def test_the_same_value_has_another_tag_elsewhere_and_on_another_host(tmp_path: Path) -> None:
    files = [own_file(tmp_path / name, "same") for name in ("a", "b")]
    for host in ("one", "two"):
        converge(tmp_path / host, *files)
    tags = [record["content"] for host in ("one", "two") for record in recorded(tmp_path / host).values()]
    assert len(set(tags)) > 1  # of four, each of 65,536


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"applied": {}}', '{"salt": "x", "applied": {"a": {}}}', '{"applied": 3}']
)
def test_a_damaged_record_counts_as_none_and_is_made_anew(state: Path, path: Path, text: str) -> None:
    state.mkdir()
    (state / "applied.json").write_text(text)
    path.write_text("by hand")
    assert drift(state, own_file(path, "x")) == [None]
    converge(state, own_file(path, "x"))
    assert list(recorded(state)) == [str(path)]


def test_reading_and_noting_what_is_in_order_takes_next_to_no_time(tmp_path: Path) -> None:
    import time

    resources = [own_file(tmp_path / str(number), "x") for number in range(200)]
    for _ in range(2):
        start = time.process_time()
        applied = Applied(str(tmp_path))
        for resource in resources:
            applied.note(resource, resource.desired())
        applied.save()
    assert time.process_time() - start < 0.1


def recorded(state: Path) -> dict[str, dict[str, str]]:
    records: dict[str, dict[str, str]] = json.loads((state / "applied.json").read_text())["applied"]
    return records
