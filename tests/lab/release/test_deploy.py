"""New releases of an app that is visited meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.converging import converge, result
from tests.lab.release.visitors import visiting
from tests.lab.release.world import NOTES, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab


def test_again_changes_nothing(world: World) -> None:
    world.well()
    before = world.current
    outcome = world.well()
    assert outcome.counts["changed"] == 0
    assert world.current == before
    assert world.ask() == "Notes, at your service."
    world.is_tidy()


def test_new_code_loses_no_request(world: World) -> None:
    world.well()
    for number in range(3):
        world.greet(f"greeting {number}")
        with visiting(world.host, "notes") as visits:
            outcome = world.well()
        assert visits.failures == []
        assert visits.bodies.get(f"greeting {number}", 0) > 0
        assert list(result(outcome, "release").diff) == ["code"]
    world.is_tidy()


def test_configuration_alone_makes_a_release_and_is_told_by_names(world: World) -> None:
    world.well()
    before = world.current
    settings = {"gunicorn": {"timeout": 77}, "tasks_max": 600, "static": {}}
    outcome = world.well(env={"NOTES_COLOUR": "mauve-coloured"}, **settings)
    assert result(outcome, "release").diff == {
        "env": ["other NOTES_COLOUR", "as wanted"],
        "gunicorn": ["other timeout", "as wanted"],
        "service": ["other TasksMax", "as wanted"],
        "static": ["different", "as wanted"],
    }
    assert world.current != before
    assert world.current[-8:] == before[-8:]
    assert "mauve" not in repr(outcome.results)


def test_check_changes_nothing(world: World) -> None:
    world.well()
    before = world.current
    world.greet("only looking")
    outcome = converge(world.lab, world.host, {"notes": NOTES}, world.project, check=True)
    assert result(outcome, "release").status == "changed"
    state = world.state()
    assert state.current == before
    assert state.serves_alone, state


def test_debian_13_as_well(lab: Lab, new_host: Callable[..., LabHost], tmp_path: Path) -> None:
    world = World(lab, new_host("debian:13", bare=False), tmp_path)
    world.well()
    world.greet("trixie")
    with visiting(world.host, "notes") as visits:
        world.well()
    assert visits.failures == []
    assert visits.bodies.get("trixie")
    world.is_tidy()
    assert world.well().counts["changed"] == 0


def test_two_runs_at_once_exactly_one_goes_on(world: World) -> None:
    world.well(release_command="sleep 1")
    world.greet("twice at once")
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda _: world.deploy(release_command="sleep 1"), range(2)))
    errors = [outcome.error for outcome in outcomes if outcome.error]
    assert len(errors) == 1
    assert "runs `test` here since" in str(errors[0])
    world.is_tidy()
