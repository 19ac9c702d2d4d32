"""The hardening roles by the command line, as a user runs them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.commands import Commands

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab

TAGS = ("--tags", "ssh,firewall,kernel")


@pytest.fixture
def commands(project: Path) -> Commands:
    return Commands.in_new_folder(project)


def changed(run: dict[str, Any]) -> list[str]:
    return [each["resource"] for each in run["resources"] if each["status"] != "ok"]


@pytest.mark.parametrize("image", ["debian:12", "debian:13"])
def test_two_hosts_at_once_and_a_second_run(commands: Commands, new_host: Callable[..., LabHost], image: str) -> None:
    names = [new_host(image_name=image).name for _ in range(2)]
    said = commands("provision", *names, *TAGS)
    for name in names:
        assert said.out.count(f"{name}  ssh                 . a second login works: kept") == 1
        assert said.out.count(f"{name}  firewall            . a second login works: kept") == 1
        assert f"{name}  ssh                 . armed: the host takes it back in 60 s unless" in said.out
    for run in commands.all_json("provision", *names, *TAGS):
        assert changed(run) == []
        assert run["execs"] == 1


def test_a_host_that_would_be_shut_is_left_as_it_is_and_the_other_goes_on(
    commands: Commands, new_host: Callable[..., LabHost]
) -> None:
    good, bad = new_host(), new_host()
    bad.run("sleep 2; echo 'AllowUsers nobody' >/etc/ssh/sshd_config.d/50-mine.conf")  # and nobody has told sshd
    said = commands("provision", good.name, bad.name, "--tags", "ssh", status=1)
    assert "50-mine.conf was changed after sshd has read it, and nobody has tried that" in said.out
    assert f"{good.name}  ssh                 . a second login works: kept" in said.out
    bad.run("test ! -e /etc/ssh/sshd_config.d/00-windlass.conf")


def test_who_has_logged_in_by_password_is_told_to_bring_a_key(
    commands: Commands, lab: Lab, fresh_host: LabHost
) -> None:
    variables = {
        "ansible_host": fresh_host.address,
        "ansible_port": fresh_host.ssh_port,
        "ansible_user": "careful",
        "ansible_password": lab.careful_password,
        "ansible_become_password": lab.careful_password,
        "host_key": fresh_host.host_key,
    }
    commands.write("inventory/careful.yml", json.dumps({"careful": {"hosts": {"by-password": variables}}}), 0o600)
    said = commands("provision", "by-password", "--tags", "ssh", status=1)
    (commands.folder / "inventory/careful.yml").unlink()
    assert "careful has logged in by password, and the role ssh allows keys only" in said.err
    assert f"ssh-copy-id careful@{fresh_host.address}" in said.err
    fresh_host.run("test ! -e /etc/ssh/sshd_config.d/00-windlass.conf")


def test_root_is_shut_out_only_by_somebody_else_who_can_become_root(commands: Commands, fresh_host: LabHost) -> None:
    commands.write("inventory/host_vars/" + fresh_host.name + ".yml", "ssh: {permit_root: false}\n")
    said = commands("provision", fresh_host.name, "--tags", "ssh", status=1)
    assert "`ssh.permit_root: false` would shut root out, and this run has logged in as root" in said.err
    commands.write(
        "inventory/host_vars/" + fresh_host.name + ".yml", "ssh: {permit_root: false}\nansible_user: deploy\n"
    )
    assert commands.json("provision", fresh_host.name, "--tags", "ssh")["failed"] == 0
    assert "permitrootlogin no" in fresh_host.run("sshd -T")
    assert changed(commands.json("provision", fresh_host.name, "--tags", "ssh")) == []
