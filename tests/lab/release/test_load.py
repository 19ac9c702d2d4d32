"""wrk, all the time: many deploys and rollbacks in a row, and requests that take long, with none of them lost."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.converging import result

if TYPE_CHECKING:
    from tests.lab.release.world import World

pytestmark = pytest.mark.lab

WATCHED = 2  # of the deploys, as long as users have them watched


@pytest.mark.parametrize(("deploys", "rollbacks"), [(4, 2), pytest.param(20, 10, marks=pytest.mark.soak)])
def test_many_deploys_and_rollbacks_lose_no_request(world: World, deploys: int, rollbacks: int) -> None:
    kept: dict[str, Any] = {"keep_releases": rollbacks + 1, "gunicorn": {"workers": 2}}
    world.well(**kept)
    with world.browsing(count=8, pause=30) as browsed:
        for number in range(deploys):
            world.greet(f"release {number}")
            if number == WATCHED:
                kept["watch"] = 0  # the sooner each old one ends
            traffic = result(world.well(**kept), "release").notes["traffic"]
            assert world.visit() == f"release {number}"
            assert traffic["failed"] == 0
            assert traffic["requests"] > 2 or number >= WATCHED
        for number in range(1, rollbacks + 1):
            outcome = world.rollback(**kept)
            assert world.visit() == f"release {deploys - 1 - number}"
            assert result(outcome, "rollback").notes["traffic"]["failed"] == 0
    assert browsed.failures == {}
    assert browsed.served > 10 * (deploys + rollbacks)
    world.is_tidy()


def test_what_was_measured_is_told_and_kept(world: World) -> None:
    world.well()
    world.greet("measured")
    traffic = result(world.well(), "release").notes["traffic"]
    assert traffic.get("requests", 0) > 2, traffic
    assert traffic["failed"] == 0
    assert 0 < traffic["p95"] < traffic["longest_gap"]
    assert world.records()[world.current]["traffic"] == traffic
    (app,) = world.commands().json("releases", world.host.name)["apps"]
    assert app["releases"][0]["traffic"] == traffic
    assert "during the switch: " in world.commands()("rollback", world.host.name).out


def test_requests_of_five_seconds_finish_over_a_deploy_and_a_rollback(world: World) -> None:
    threads = {"workers": 1, "threads": 12}
    world.well(gunicorn=threads)
    world.greet("after the slow ones")
    with world.browsing("/slow/5.0", count=8) as browsed:
        time.sleep(0.5)
        world.well(gunicorn=threads)
        assert world.visit() == "after the slow ones"
        assert world.rollback(gunicorn=threads).exit_status == 0
        time.sleep(5.5)  # those that the last old one had taken up
    assert browsed.failures == {}
    assert browsed.served >= 16
    world.is_tidy()
