"""A lab host with `notes` on it for all tests of this package that a worker runs, between others too.

Every test begins with the app's own code, unchanged.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.lab.release.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.equipped import Equipped
    from windlass.lab import Lab


@pytest.fixture(scope="session")
def shared_world(lab: Lab, equipped: Equipped, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """For `world`."""
    host = equipped.add(lab, "releases")
    host.wait()
    world = World(lab, host, tmp_path_factory.mktemp("apps"))
    world.provision()
    yield world
    lab.remove_host(host.name)


@pytest.fixture
def world(shared_world: World) -> World:
    """The host and the app's folder; whatever earlier tests did to the folder is undone."""
    shared_world.restore()
    return shared_world


@pytest.fixture
def mended(world: World) -> Iterator[None]:
    """Whatever a test breaks, the next good deploy works and tidies up."""
    yield
    world.restore()
    world.greet(f"mended {time.monotonic()}")
    world.well(watch=0)
    assert world.visit().startswith("mended")
    assert {record["state"] for record in world.is_tidy().records.values()} == {"good"}
