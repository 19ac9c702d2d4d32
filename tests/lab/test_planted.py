"""What an app's user plants leads root nowhere; what is the agent's is for root alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.resources_on import converge
from windlass.agent.resources import Absent, Directory, File, Link, User
from windlass.errors import WindlassError

if TYPE_CHECKING:
    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab

NAME = "planter"
DATA = f"/var/lib/{NAME}"


def as_user(host: LabHost, command: str) -> str:
    return host.run(f"setpriv --reuid {NAME} --regid {NAME} --clear-groups sh -c '{command}'")


@pytest.fixture
def planter(lab: Lab, host: LabHost) -> LabHost:
    """The host with a user who has a folder of its own, as an app has."""
    converge(lab, host, User(NAME, DATA), Directory(DATA, 0o700, NAME, NAME))
    as_user(host, f"rm -rf {DATA}/*; ln -s /etc {DATA}/conf; ln -s /etc/shadow {DATA}/file; mkdir {DATA}/real")
    return host


def test_a_users_links_are_not_followed(lab: Lab, planter: LabHost) -> None:
    before = planter.run("ls -la /etc; sha256sum /etc/shadow /etc/passwd")
    for resource, words in (
        (File(f"{DATA}/conf/planted", "x"), f"others than root could replace {DATA}/conf"),
        (File(f"{DATA}/real/planted", "x"), f"others than root could replace {DATA}/real"),
        (File(f"{DATA}/file", "x"), f"{DATA}/file is no regular file"),
        (Directory(f"{DATA}/file"), "is there but is no directory"),
        (Directory(f"{DATA}/conf/planted"), "others than root could replace"),
        (Link(f"{DATA}/conf/planted", "x"), "others than root could replace"),
        (Absent(f"{DATA}/conf/hostname"), "others than root could replace"),
    ):
        (result,), _ = converge(lab, planter, resource)
        assert result.status == "failed", resource
        assert words in result.message
    assert planter.run("ls -la /etc; sha256sum /etc/shadow /etc/passwd") == before


def test_what_is_the_agents_is_for_root_alone(lab: Lab, planter: LabHost) -> None:
    planter.run("chmod 777 /var/lib/windlass; chmod 666 /var/lib/windlass/lock")
    converge(lab, planter)
    found = planter.run("find /var/lib/windlass /var/log/windlass -printf '%M %u %p\\n'").splitlines()
    assert len(found) >= 2
    for line in found:
        assert line.split()[0][4:] == "------", line
        assert line.split()[1] == "root", line
    as_user(planter, "! ls /var/lib/windlass 2>/dev/null")


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (f"mkdir {{0}}; chown {NAME}: {{0}}", "belongs to somebody else"),
        (f"ln -s {DATA}/real {{0}}", "Not a directory"),
        ("mkdir {0}; ln -s /etc/shadow {0}/lock", "Too many levels of symbolic links"),
    ],
)
def test_a_place_that_is_not_the_agents_own_is_not_used(lab: Lab, planter: LabHost, plant: str, words: str) -> None:
    folder = "/var/lib/windlass"
    before = planter.run("sha256sum /etc/shadow")
    planter.run(f"mv {folder} {folder}.away; {plant.format(folder)}")
    try:
        with pytest.raises(WindlassError, match=words):
            converge(lab, planter, File("/etc/planted", "x"))
    finally:
        planter.run(f"rm -r {folder}; mv {folder}.away {folder}")
    planter.run("test ! -e /etc/planted")
    assert planter.run(f"sha256sum /etc/shadow; ls -A {DATA}/real").strip() == before.strip()
