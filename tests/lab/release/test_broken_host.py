"""A host on which, or surroundings in which, a release cannot come up: told in words, and the old one serves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.lab.release.refusing import reason, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.release.world import World

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("mended")]


def test_migration_fails(world: World) -> None:
    words = refused(world, release_command="echo trying; flask --app notes nonsense")
    assert "the release command `echo trying; flask --app notes nonsense` exited with 2:\ntrying\n" in words
    assert "No such command 'nonsense'" in words


def test_migration_takes_too_long(world: World) -> None:
    words = refused(world, release_command="echo waiting for the database; sleep 60", release_timeout=1)
    assert "took more than 1 s" in words.splitlines()[0]
    assert "waiting for the database" in words
    assert world.host.run("pgrep -x sleep || true") == ""


def test_requirements_that_do_not_install(world: World) -> None:
    world.edit("flask>=3.1,<4", "nosuchthing-of-windlass==1.0", "pyproject.toml")
    words = refused(world, "venv")
    assert "No matching distribution found for nosuchthing-of-windlass==1.0" in words
    assert len(words.splitlines()) < 8


def test_a_requirement_that_does_not_build(world: World) -> None:
    world.edit('"flask>=3.1,<4"', '"flask>=3.1,<4", "uwsgi==2.0.20"', "pyproject.toml")
    words = refused(world, "venv")
    assert "uwsgi" in words.lower()
    assert "`packages`" in words
    assert len(words.splitlines()) < 25


def test_required_variable_is_missing(world: World) -> None:
    before = world.current
    world.greet("without its key")
    # A port where nobody listens: were there a connection, it would be what fails.
    said = world.commands(port=9, required_env=["API_KEY"])("deploy", world.host.name, status=2)
    assert "API_KEY" in said.err
    assert world.current == before


@pytest.fixture
def small_disk(world: World, request: pytest.FixtureRequest) -> Iterator[None]:
    """A disk below /srv with the given limits (tmpfs(5)), until the test ends."""
    world.host.run(
        f"mkdir -p /tmp/small && mount -t tmpfs -o {request.param} tmpfs /tmp/small"
        " && mkdir /tmp/small/up /tmp/small/work"
        " && mount -t overlay -o lowerdir=/srv,upperdir=/tmp/small/up,workdir=/tmp/small/work overlay /srv"
    )
    yield
    world.host.run("umount -l /srv; umount -l /tmp/small")


@pytest.mark.parametrize("small_disk", ["size=70m"], indirect=True)
def test_disk_is_too_small(world: World, small_disk: None) -> None:
    world.greet("too much")
    (world.project / "notes" / "big.bin").write_bytes(b"\0" * 40 * 1024 * 1024)
    assert re.fullmatch(
        r"there is not enough room in /srv/notes/releases: \d+ MiB are free, and the release needs 4\d MiB beside"
        r" 64 MiB that stay free\nFree some space, or keep fewer releases \(`keep_releases`\)\.",
        refused(world),
    )
    (world.project / "notes" / "big.bin").unlink()
    world.edit('"flask>=3.1,<4"', '"flask>=3.1,<4", "markupsafe<3"', "pyproject.toml")
    assert "there is not enough room in /srv/notes/venvs" in refused(world, "venv")


@pytest.mark.parametrize("small_disk", ["size=200m,nr_inodes=14"], indirect=True)
def test_disk_is_full_in_the_middle_of_the_upload(world: World, small_disk: None) -> None:
    world.greet("no place for it")
    assert "No space left on device: /srv/notes/releases/.new-" in refused(world)
    assert world.host.run("ls -A /srv/notes/releases").split() == sorted(world.records())


@pytest.mark.parametrize("small_disk", ["size=80m"], indirect=True)
def test_disk_is_full_when_it_has_the_traffic(world: World, small_disk: None) -> None:
    world.host.run("mkdir -m 777 /tmp/small/app && mount --bind /tmp/small/app /mnt")
    world.edit(
        "    return app\n",
        "    try:\n        with open('/mnt/filling', 'ab') as file:\n            while True:\n"
        "                file.write(bytes(65536))\n    except OSError:\n        return app\n",
    )
    try:
        words = refused(world, watch=0, sandbox={"writable_paths": ["/mnt"]})
    finally:
        world.host.run("umount -l /mnt")
    assert "No space left on device" in words


def test_no_memory_for_anything(world: World) -> None:
    world.greet("too large")
    assert reason(refused(world, memory_max="20M")) == (
        "does not run (killed, as it happens when memory does not suffice: see `memory_max`)"
    )


def test_no_memory_for_its_workers(world: World) -> None:
    world.edit("def create_app()", 'EATEN = b"x" * 2**28\n\n\ndef create_app()')
    assert "memory" in refused(world, memory_max="100M", health_timeout=5).splitlines()[0]
