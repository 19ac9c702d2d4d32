"""The session's lab host with `notes` on it; every test begins with the app's own code, unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.release.world import World

if TYPE_CHECKING:
    from windlass.lab import Lab, LabHost


@pytest.fixture(scope="session")
def shared_world(lab: Lab, host: LabHost, tmp_path_factory: pytest.TempPathFactory) -> World:
    """For `world`."""
    world = World(lab, host, tmp_path_factory.mktemp("apps"))
    world.well()
    return world


@pytest.fixture
def world(shared_world: World) -> World:
    """The host and the app's folder; whatever earlier tests did to the folder is undone."""
    shared_world.restore()
    return shared_world
