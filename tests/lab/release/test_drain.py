"""The old release ends when it has answered what it has; what it has not answered in time is cut, and told."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.converging import result
from tests.lab.release.visitors import visiting
from windlass.errors import LabError

if TYPE_CHECKING:
    from tests.lab.release.world import World

pytestmark = pytest.mark.lab

ONE_AT_A_TIME: dict[str, Any] = {"workers": 1, "worker_class": "sync"}


def state(world: World, release: str) -> str:
    return world.host.run(f"systemctl show -P ActiveState notes@{release}.service").strip()


def test_a_deploy_waits_for_requests_in_flight(world: World) -> None:
    world.well()
    first = world.current
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(world.ask, "/slow/8.0")
        time.sleep(0.5)
        world.greet(f"second {time.monotonic()}")
        notes = result(world.well(), "release").notes
        assert state(world, first) == "inactive"
        assert slow.result() == "slept"
    assert "cut" not in notes["traffic"]
    world.is_tidy()


def test_a_request_longer_than_the_drain_is_cut_and_told(world: World) -> None:
    world.well(drain_timeout=2)
    first = world.current
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(world.ask, "/slow/25.0")
        time.sleep(0.5)
        world.greet(f"impatient {time.monotonic()}")
        notes = result(world.well(drain_timeout=2), "release").notes
        assert isinstance(slow.exception(), LabError)
    assert notes["traffic"]["cut"] == 1
    assert state(world, first) in ("inactive", "failed")
    world.greet(f"after it {time.monotonic()}")
    world.well(drain_timeout=2)
    world.is_tidy()


def test_requests_in_flight_finish(world: World) -> None:
    world.well()
    world.greet("after the slow ones")
    with visiting(world.host, "notes", "/slow/4.0", count=6) as visits:
        time.sleep(1)
        world.well(watch=0)  # so that those are in flight still
    assert visits.failures == []
    assert visits.served >= 6
    world.is_tidy()


def test_connections_that_wait_are_served(world: World) -> None:
    world.well(gunicorn=ONE_AT_A_TIME)
    world.greet("after the queue")
    with visiting(world.host, "notes", "/slow/0.3", count=8) as visits:
        time.sleep(1)
        world.well(gunicorn=ONE_AT_A_TIME)
    assert visits.failures == []
    world.is_tidy()
