"""What a user is told of the past of a host: its releases, and who did what."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.lab.commands import Commands
from windlass.lab import files

if TYPE_CHECKING:
    from pathlib import Path

    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab

APP = "notes"
SECRET = "canary-in-the-environment"
SETTINGS = """
apps:
  notes:
    source: apps/notes
    wsgi: notes:create_app()
    domains: [notes.lab.test]
    tls: self-signed
    env_file: notes.env
    release_command: printenv TOKEN_OF_BANK
"""
ROLES = "base,nginx,app,venv,release,site,tls"
FILE = "/var/log/windlass/audit.jsonl"
BREAK = "\nraise RuntimeError('canary-in-output')\n"


@pytest.fixture
def commands(lab: Lab, project: Path) -> Commands:
    """A project with one app, whose environment has a secret that its release command says."""
    commands = Commands.in_new_folder(project)
    commands.write("inventory/group_vars/lab.yml", SETTINGS)
    commands.write("notes.env", f"TOKEN_OF_BANK={SECRET}\n", 0o600)
    lab.write()
    return commands


def audit(commands: Commands, host: LabHost, *options: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = commands.json("audit", host.name, *options)["entries"]
    return entries


def test_releases_and_audit_tell_the_story_of_a_host(commands: Commands, equipped_host: LabHost) -> None:
    name = equipped_host.name
    assert commands("releases", name).out == f"{name}  {APP}  not deployed\n"
    assert commands("audit", name).out == f"{name}  no run is written down\n"

    commands("provision", name, "--tags", ROLES, "--check")
    assert audit(commands, equipped_host) == []

    commands("provision", name, "--tags", ROLES)
    (only,) = commands.json("releases", name)["apps"][0]["releases"]
    (entry,) = audit(commands, equipped_host)
    assert only["current"]
    assert only["who"] == entry["who"]
    assert 10_000 < only["size"] < 10_000_000
    assert (entry["command"], entry["result"], entry["login"]) == (f"provision {name}", "done", "root")
    assert entry["apps"] == {APP: {"from": None, "to": only["id"]}}
    assert entry["changed"] > 5
    assert entry["seconds"] > 0
    (app,) = commands.json("status", name)["apps"]
    assert (app["release"], app["certificate_kind"]) == (only["id"], "self-signed")

    module = commands.folder / "apps/notes/src/notes/__init__.py"
    text = module.read_text()
    module.write_text(text + BREAK)
    said = commands("deploy", name, status=1)
    assert "canary-in-output" in said.out
    failed, current = commands.json("releases", name)["apps"][0]["releases"]
    assert (failed["state"], failed["current"], current["current"]) == ("failed", False, True)
    assert "canary-in-output" in failed["reason"]
    table = commands("releases", name).out
    assert f"{only['id']} " in table
    assert "  current" in table
    assert f"{failed['id']} failed: {failed['reason']}" in table
    entry = audit(commands, equipped_host)[-1]
    assert (entry["command"], entry["result"], entry["failures"]) == (f"deploy {name}", "failed", [f"release {APP}"])
    assert entry["apps"] == {APP: {"from": only["id"], "to": only["id"]}}

    module.write_text(text + "\n# mended\n")
    commands("deploy", name)
    assert audit(commands, equipped_host, "-n", "1", "--app", APP)[0]["apps"][APP]["from"] == only["id"]

    table = commands("audit", name).out
    assert f"{only['id']} -> " in table
    assert f"failed: release {APP}" in table

    written = equipped_host.run(f"cat {FILE}")
    assert len(written.splitlines()) == 2 * 3
    assert SECRET in equipped_host.run(f"cat /srv/{APP}/current/env")
    assert "canary" not in written
    assert equipped_host.run(f"stat -c '%a %U' {FILE} {FILE.rpartition('/')[0]}").split() == [
        "600",
        "root",
        "700",
        "root",
    ]


def test_a_full_disk_stops_no_run(commands: Commands, equipped_host: LabHost) -> None:
    folder = FILE.rpartition("/")[0]
    equipped_host.run(f"mkdir {folder}; mount -t tmpfs -o size=16k tmpfs {folder}; ! cat /dev/zero > {folder}/full")
    said = commands("provision", equipped_host.name, "--tags", "app")
    assert (
        f"{equipped_host.name}  the beginning of this run is not in the audit: No space left on device: {FILE}"
        in said.out
    )
    equipped_host.run(f"rm {folder}/full")
    commands("provision", equipped_host.name, "--tags", "app")
    assert [entry["result"] for entry in audit(commands, equipped_host)] == ["done"]
    equipped_host.run(f"umount {folder}")


def test_login_and_address_are_known_through_sudo(commands: Commands, lab: Lab, equipped_host: LabHost) -> None:
    path = lab.folder / files.HOSTS
    known = yaml.safe_load(path.read_text())
    host = known["all"]["children"]["lab"]["hosts"][equipped_host.name]
    for user in ("root", "deploy", "careful"):
        password = {"ansible_become_password": lab.careful_password} if user == "careful" else {}
        host.update({"ansible_user": user, **password})
        path.write_text(yaml.safe_dump(known))
        commands("provision", equipped_host.name, "--tags", "app")
    entries = audit(commands, equipped_host)
    assert [entry["login"] for entry in entries] == ["root", "deploy", "careful"]
    ssh = ["ssh", "-F", str(lab.folder / files.SSH_CONFIG), equipped_host.name, "echo $SSH_CONNECTION"]
    address = subprocess.run(ssh, capture_output=True, text=True, check=True).stdout.split()[0]
    assert {entry["from"] for entry in entries} == {address}
