"""What stays on a host, and what goes: releases, their units and their virtual environments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.converging import result

if TYPE_CHECKING:
    from tests.lab.release.world import World

pytestmark = pytest.mark.lab


def units(world: World) -> str:
    return world.host.run("ls /etc/systemd/system")


def venvs(world: World) -> set[str]:
    return set(world.host.run("ls /srv/notes/venvs").split())


def test_the_old_release_keeps_its_units_until_it_is_pruned(world: World) -> None:
    world.well(keep_releases=1)
    before = world.current
    world.greet("newer")
    world.well(keep_releases=1)
    assert sorted(world.records()) == [before, world.current]
    world.host.run(f"test -f /etc/systemd/system/notes@{before}.service")
    world.greet("newest")
    world.well(keep_releases=1)
    assert before not in world.records()
    assert before not in units(world)
    world.is_tidy()


def test_what_cannot_be_removed_undoes_no_switch_and_goes_with_the_next_run(world: World) -> None:
    world.greet("cannot be removed")
    world.well(keep_releases=1)
    stuck = world.current
    world.greet("the one after it")
    world.well(keep_releases=1)
    world.host.run(f"mount -t tmpfs tmpfs /srv/notes/releases/{stuck}/code")
    world.greet("the one that is to remove it")
    try:
        said = world.commands(keep_releases=1)("deploy", world.host.name)
        assert world.visit() == "the one that is to remove it"
        assert world.rollback(keep_releases=1).exit_status == 0  # it does not stand in the way either
        world.well(keep_releases=1)
    finally:
        world.host.run("umount /srv/notes/releases/*/code /srv/notes/releases/.old-*/code 2>/dev/null || true")
    words = "not all of the old could be ended and removed; the next run tries again: Device or resource busy"
    assert words in said.out
    assert world.visit() == "the one that is to remove it"
    outcome = world.well(keep_releases=1)
    assert list(result(outcome, "release").diff) == ["leftovers"]
    world.is_tidy()


def test_failed_ones_go_first_and_venvs_with_their_last_release(world: World) -> None:
    world.greet("first")
    world.well(keep_releases=2)
    first, (plain,) = world.current, venvs(world)

    world.edit('"flask>=3.1,<4"', '"flask>=3.1,<4", "markupsafe<3"', "pyproject.toml")
    world.edit("    return app\n", "    raise RuntimeError('broken')\n")
    assert "RuntimeError: broken" in world.fails(keep_releases=2)
    (failed,) = [each for each, record in world.records().items() if record["state"] == "failed"]
    assert len(venvs(world)) == 2  # the failed one's is there to be looked at
    assert failed not in units(world)

    world.restore()
    world.greet("second")
    world.well(keep_releases=2)
    second = world.current
    assert sorted(world.records()) == [first, second]
    assert venvs(world) == {plain}

    # Back at the first, which is never removed then, however many come and fail after it.
    assert world.rollback(keep_releases=2).exit_status == 0
    world.edit("    return app\n", "    raise RuntimeError('broken')\n")
    for greeting in ("third", "fourth", "fifth"):
        world.greet(greeting)
        world.fails(keep_releases=1)
    kept = world.records()
    assert world.current == first
    assert kept[second]["state"] == "good"  # the last that was good
    assert [record["state"] for record in kept.values()].count("failed") == 2  # the last, and the one before it
    world.restore()
    world.well(keep_releases=1)
    world.is_tidy()
