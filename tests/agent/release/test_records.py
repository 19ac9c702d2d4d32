"""Releases on disk, and which of them may go."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windlass.agent.failures import Failed
from windlass.agent.release.records import FAILED, GOOD, NEW, Record, Releases, before, doomed


def record(number: int, state: str = GOOD, previous: str = "") -> Record:
    return Record(
        id=f"2026112{number}T000000Z-aaaaaaaa",
        identity="i",
        code="aaaaaaaa",
        venv="v",
        created=number,
        state=state,
        previous=previous,
    )


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    (tmp_path / "releases").mkdir()
    return Releases(str(tmp_path))


def put(releases: Releases, each: Record) -> None:
    os.mkdir(releases.path(each.id))
    with open(releases.path(each.id) + "/release.json", "w", encoding="utf-8"):
        pass
    if os.getuid() == 0:
        releases.save(each)
    else:
        pytest.skip("records belong to root")


def test_nothing_there(tmp_path: Path) -> None:
    releases = Releases(str(tmp_path / "nowhere"))
    assert releases.current is None
    assert releases.all() == []
    assert releases.strays() == []
    assert releases.venvs() == set()


def test_a_damaged_record_is_not_taken_for_none(releases: Releases) -> None:
    assert releases.undamaged_current() is None
    os.symlink("releases/gone", f"{releases.home}/current")
    assert releases.undamaged_current() is None
    os.mkdir(releases.path("gone"))
    with pytest.raises(Failed) as raised:
        releases.undamaged_current()
    assert (str(raised.value), raised.value.hint) == (
        f"{os.path.realpath(releases.home)}/current/release.json cannot be read, so it is not known what serves",
        "Put it back, e.g. from a backup, or remove the link `current` and deploy anew.",
    )


def test_a_record_comes_back_as_it_was_and_is_for_root_alone(releases: Releases) -> None:
    kept = record(1, previous="x")
    put(releases, kept)
    assert releases.record(kept.id) == kept
    assert stat.S_IMODE(os.stat(releases.path(kept.id) + "/release.json").st_mode) == 0o600


def test_a_record_of_a_later_windlass_is_read(releases: Releases) -> None:
    put(releases, record(1))
    path = Path(releases.path(record(1).id), "release.json")
    path.write_text(path.read_text().replace("{", '{"requests_failed": 0,', 1))
    assert releases.record(record(1).id) == record(1)


def test_current_follows_the_link(releases: Releases) -> None:
    put(releases, record(1))
    put(releases, record(2))
    releases.point_to(record(1).id)
    releases.point_to(record(2).id)
    assert releases.current == record(2)
    assert os.readlink(f"{releases.home}/current") == f"releases/{record(2).id}"
    assert [each.created for each in releases.all()] == [2, 1]


def test_half_made_and_half_removed_ones_are_strays(releases: Releases) -> None:
    put(releases, record(1))
    os.mkdir(releases.path(".new-x"))
    os.mkdir(releases.path(".old-y"))
    os.mkdir(releases.path("20260101T000000Z-00000000"))
    assert releases.strays() == [".new-x", ".old-y", "20260101T000000Z-00000000"]
    for stray in releases.strays():
        releases.remove(stray)
    assert releases.strays() == []
    assert releases.all() == [record(1)]


def ids(records: list[Record]) -> list[int]:
    return [each.created for each in records]


def test_the_newest_good_ones_are_kept() -> None:
    records = [record(number, previous=record(number - 1).id) for number in (5, 4, 3, 2, 1)]
    assert ids(doomed(records, records[0], 3)) == [2, 1]
    assert ids(doomed(records, records[0], 1)) == [3, 2, 1]  # the one before it is always kept


def test_failed_ones_go_first_and_never_count() -> None:
    records = [record(5, previous=record(2).id), record(4, FAILED), record(3, FAILED), record(2), record(1)]
    assert ids(doomed(records, records[0], 3)) == [4, 3]


def test_the_last_failure_stays_to_be_looked_at() -> None:
    records = [record(5, FAILED), record(4, FAILED), record(3), record(2)]
    assert ids(doomed(records, records[2], 5)) == [4]


def test_a_run_that_was_cut_off_leaves_nothing() -> None:
    records = [record(3, NEW), record(2), record(1)]
    assert ids(doomed(records, records[1], 5)) == [3]


def test_after_a_rollback_the_older_one_stays_too() -> None:
    records = [record(5), record(4), record(3), record(2, previous=record(5).id), record(1)]
    assert ids(doomed(records, records[3], 2)) == [3]


def test_going_back_goes_past_what_never_served_well_and_further_each_time() -> None:
    records = [record(6), record(5, FAILED), record(4), record(3, NEW), record(2), record(1)]
    assert ids(before(records[0], records)) == [4, 2, 1]
    assert ids(before(records[2], records)) == [2, 1]
    assert before(records[5], records) == []


def test_going_back_goes_to_what_it_took_over_from_not_to_what_was_taken_back() -> None:
    # 2 was deployed, went back to 1, and 3 was deployed in its place.
    records = [record(3, previous=record(1).id), record(2, previous=record(1).id), record(1)]
    assert ids(before(records[0], records)) == [1, 2]
    assert ids(doomed(records, records[0], 1)) == [2]


STATES = st.lists(st.sampled_from([GOOD, GOOD, FAILED, NEW]), min_size=1, max_size=9)


@given(states=STATES, place=st.integers(0, 8), keep=st.integers(0, 6))
def test_never_the_current_nor_the_last_good_one(states: list[str], place: int, keep: int) -> None:
    records = [record(9 - number, state) for number, state in enumerate(states)]
    current = records[min(place, len(records) - 1)]
    gone = doomed(records, current, keep)
    left = [each for each in records if each not in gone]
    assert current in left
    good = [each for each in records if each.state == GOOD]
    assert not good or good[0] in left
    assert len([each for each in left if each.state == GOOD]) <= max(keep, 1) + 3
    assert doomed(left, current, keep) == []
