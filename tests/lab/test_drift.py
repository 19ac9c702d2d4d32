"""What came to differ on a host, and by whom: a check tells, and CI can act on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import run_documents
from tests.lab.commands import Commands

if TYPE_CHECKING:
    from pathlib import Path

    from windlass.lab import Lab, LabHost
    from windlass.output.report_document import HostDocument

pytestmark = pytest.mark.lab

SECRET = "canary-in-the-environment"
SETTINGS = """
timezone: {zone}
apps:
  notes:
    source: apps/notes
    wsgi: notes:create_app()
    domains: [notes.lab.test]
    tls: self-signed
    env_file: notes.env
"""
ROLES = "base,app,venv,release"
RECORD = "/var/lib/windlass/applied.json"
FILE = "/etc/tmpfiles.d/notes.conf"
IN_ORDER, CHANGED = 0, 1


class World:
    """A project with one app, and a host that has it."""

    def __init__(self, commands: Commands, host: LabHost) -> None:
        self.commands = commands
        self.host = host

    def check(self, *options: str, status: int = CHANGED) -> HostDocument:
        said = self.commands(
            "provision", self.host.name, "--tags", ROLES, "--check", "--exit-code", "--json", *options, status=status
        )
        (only,) = run_documents.read(said.out)["hosts"]
        return only

    def drift(self, *options: str) -> dict[str, str | None]:
        """What a check says of each resource that would change."""
        checked = self.check(*options)
        return {each["resource"]: each["drift"] for each in checked["resources"] if each["status"] == "changed"}


@pytest.fixture
def world(lab: Lab, project: Path, equipped_host: LabHost) -> World:
    commands = Commands.in_new_folder(project)
    commands.write("inventory/group_vars/lab.yml", SETTINGS.format(zone="UTC"))
    commands.write("notes.env", f"TOKEN_OF_BANK={SECRET}\n", 0o600)
    lab.write()
    return World(commands, equipped_host)


def test_a_check_tells_by_whom_a_host_came_to_differ(world: World) -> None:
    host, commands = world.host, world.commands
    assert set(world.drift().values()) == {None}  # nothing was ever recorded here
    done = run_documents.read(commands("provision", host.name, "--tags", ROLES, "--json").out)
    assert done["hosts"][0]["status"] == "changed"
    assert host.run(f"stat -c '%U %a' {RECORD}").strip() == "root 600"
    assert SECRET not in host.run(f"cat {RECORD}")
    before = host.run(f"stat -c '%i %Y' {RECORD}")
    assert world.check(status=IN_ORDER)["drift"] == {"changed by hand": 0, "pending": 0, "conflict": 0}
    commands("provision", host.name, "--tags", ROLES, "--exit-code", status=IN_ORDER)
    assert host.run(f"stat -c '%i %Y' {RECORD}") == before

    host.run(f"echo '# by hand' >> {FILE}")
    commands.write("inventory/group_vars/lab.yml", SETTINGS.format(zone="Europe/Berlin"))
    host.run("ln -sfn /usr/share/zoneinfo/Asia/Tokyo /etc/localtime")
    assert world.drift() == {
        "link /etc/localtime": "conflict",
        "file /etc/timezone": "pending",
        f"file {FILE}": "changed by hand",
    }
    assert world.check()["drift"] == {"changed by hand": 1, "pending": 1, "conflict": 1}
    said = commands("provision", host.name, "--tags", ROLES, "--check", "--diff").out
    assert f"+ file {FILE}  content changed  changed by hand\ndiff --git a{FILE} b{FILE}\n--- a{FILE}\n" in said
    assert "3 would change (1 changed by hand, 1 pending, 1 conflict), " in said

    # A run over a part overwrites the one, says so, and knows the others as before.
    said = commands("provision", host.name, "--tags", "app").out
    assert f"+ file {FILE}  content changed  overwritten: changed by hand\n" in said
    assert "1 changed (1 changed by hand), " in said
    assert world.drift() == {"link /etc/localtime": "conflict", "file /etc/timezone": "pending"}


def test_a_rollback_is_ours_and_a_switched_link_is_somebodys(world: World) -> None:
    host, commands = world.host, world.commands
    commands("provision", host.name, "--tags", f"{ROLES},nginx,site,tls")
    first = host.run("readlink /srv/notes/current").strip()
    code = world.commands.folder / "apps/notes/src/notes/__init__.py"
    code.write_text(f"{code.read_text()}\n# the second\n")
    assert world.drift() == {"release notes": "pending"}
    run_documents.read(commands("deploy", host.name, "--json").out)
    second = host.run("readlink /srv/notes/current").strip()
    assert second != first

    back = run_documents.read(commands("rollback", host.name, "--json").out)["hosts"][0]
    assert back["resources"][0]["drift"] == "pending"
    assert world.drift() == {"release notes": "pending"}  # a deploy would bring the second again

    commands("deploy", host.name)
    host.run(f"ln -sfn {first} /srv/notes/current")
    assert world.drift() == {"release notes": "changed by hand"}
    commands.write("notes.env", "TOKEN_OF_BANK=another\n", 0o600)
    assert world.drift() == {"release notes": "conflict"}


def test_what_cannot_be_done_is_a_document_too(world: World) -> None:
    host = world.host
    host.run("mkdir /etc/tmpfiles.d/notes.conf")
    options = ("--tags", "app", "--exit-code", "--json")
    document = run_documents.read(world.commands("provision", host.name, *options, status=2).out)
    (failed,) = [each for each in document["hosts"][0]["resources"] if each["status"] == "failed"]
    assert failed["resource"] == f"file {FILE}"
    assert document["hosts"][0]["failed"] == 1
