"""The old release ends in the background, when it has answered what it has: nobody waits for it but the next deploy."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.release.visitors import visiting
from windlass.errors import LabError

if TYPE_CHECKING:
    from tests.lab.release.world import World

pytestmark = pytest.mark.lab

ONE_AT_A_TIME: dict[str, Any] = {"workers": 1, "worker_class": "sync"}


def state(world: World, release: str) -> str:
    return world.host.run(f"systemctl show -P ActiveState notes@{release}.service").strip()


def test_a_deploy_does_not_wait_for_requests_in_flight_but_the_next_one_does(world: World) -> None:
    world.well()
    first = world.current
    with ThreadPoolExecutor() as pool:
        begun = time.monotonic()
        slow = pool.submit(world.ask, "/slow/14.0")
        time.sleep(0.5)
        world.greet(f"second {begun}")
        world.well()
        second = world.current
        assert not slow.done()
        assert state(world, first) == "deactivating"
        world.greet(f"third {begun}")
        world.well()
        # It began its own instance when the first had ended, so that there were never three.
        assert state(world, first) == "inactive"
        started = world.host.run(f"systemctl show -P ActiveEnterTimestampMonotonic notes@{world.current}.service")
        ended = world.host.run(f"systemctl show -P InactiveEnterTimestampMonotonic notes@{first}.service")
        assert int(ended) < int(started)
        assert slow.result() == "slept"
    assert world.current not in (first, second)
    world.is_tidy()


def test_a_request_longer_than_the_drain_ends_with_the_instance(world: World) -> None:
    world.well(drain_timeout=2)
    first = world.current
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(world.ask, "/slow/25.0")
        time.sleep(0.5)
        world.greet(f"impatient {time.monotonic()}")
        world.well(drain_timeout=2)
        assert isinstance(slow.exception(), LabError)
    assert state(world, first) in ("inactive", "failed", "deactivating")
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
