"""The hardening roles by the command line, as a user runs them."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from roles.ssh import ssh
from tests.lab.commands import Commands
from tests.lab.resources_on import converge
from tests.roles import hosts
from tests.ssh.sshd import make_key, public
from windlass.lab import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from windlass.agent.resources import Sshd
    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab

TAGS = ("--tags", "ssh,firewall,kernel")


FOLDER = "/etc/ssh/sshd_config.d"
PATH = f"{FOLDER}/00-windlass.conf"


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


@pytest.fixture
def own(host: LabHost) -> Iterator[Callable[[str], None]]:
    """Gives the session's host, without Windlass's settings, an sshd_config of these lines; takes it away after."""
    restart = "systemctl reset-failed ssh; systemctl restart ssh"
    host.run(f"rm -f {PATH}; cp -p /etc/ssh/sshd_config /root/sshd_config")

    def configure(lines: str) -> None:
        host.run(f"cat >/etc/ssh/sshd_config <<'END'\nInclude {FOLDER}/*.conf\nUsePAM yes\n{lines}\nEND\n{restart}")

    yield configure
    host.run(f"rm -f {PATH}; mv /root/sshd_config /etc/ssh/sshd_config; rm -f /etc/ssh/ca.pub; {restart}")


@pytest.fixture
def sshd() -> Sshd:
    """What the role declares."""
    found: Sshd = hosts.resources(ssh, hosts.host())[f"sshd {PATH}"]
    return found


THEIRS = """\
HostKey /etc/ssh/ssh_host_rsa_key
HostKey /etc/ssh/ssh_host_ecdsa_key
HostKey /etc/ssh/ssh_host_ed25519_key
TrustedUserCAKeys /etc/ssh/ca.pub
KbdInteractiveAuthentication yes
AuthenticationMethods publickey,keyboard-interactive
Match User root
    AuthenticationMethods publickey
Match User deploy
    AuthenticationMethods password
    PasswordAuthentication yes"""


def test_logins_that_the_hosts_files_ask_for_still_work(
    lab: Lab, host: LabHost, own: Callable[[str], None], sshd: Sshd, tmp_path: Path
) -> None:
    authority, key = make_key(tmp_path / "ca", "ecdsa"), make_key(tmp_path / "key")
    subprocess.run(["ssh-keygen", "-q", "-s", authority, "-I", "me", "-n", "root", f"{key}.pub"], check=True)
    host.run(f"echo '{public(authority)}' >/etc/ssh/ca.pub")
    own(THEIRS)
    there = ["-p", str(host.ssh_port), "-o", f"UserKnownHostsFile={lab.folder / files.KNOWN_HOSTS}"]
    client = ["ssh", "-v", "-F", "none", *there, "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"]

    def log_in(user: str, key: Path) -> str:
        argv = [*client, "-i", str(key), f"{user}@{host.address}", "echo in"]
        done = subprocess.run(argv, capture_output=True, text=True)
        return done.stdout + done.stderr

    def still_work() -> bool:
        by_certificate = log_in("root", key).startswith("in\n")
        two = "Authentications that can continue: keyboard-interactive\n"
        return by_certificate and two in log_in("careful", lab.folder / files.PRIVATE_KEY)

    assert still_work()
    (result,), _ = converge(lab, host, sshd)
    assert (result.status, result.message) == ("changed", "")
    assert still_work()
    assert subprocess.run(["ssh-keyscan", *there[:2], "-t", "ecdsa", host.address], capture_output=True).stdout == b""
    told = result.notes["sshd"].splitlines()
    assert f" trust `{host.host_key}`" in told[1]
    assert [line.partition(" stays as it is")[0] for line in told[2:5]] == [
        "sshd: KbdInteractiveAuthentication",
        "sshd: HostKey",
        "sshd: CASignatureAlgorithms",
    ]
    assert [line.split("`")[1] for line in told[5:]] == ["AuthenticationMethods password", "PasswordAuthentication yes"]
    (again,), _ = converge(lab, host, sshd)
    assert (again.status, again.notes["sshd"].splitlines()) == ("ok", told[2:])


def test_two_factors_that_could_not_be_given_any_more_are_refused_before_anything_is_changed(
    lab: Lab, host: LabHost, own: Callable[[str], None], sshd: Sshd
) -> None:
    own("Match User careful\n    AuthenticationMethods publickey,password")
    (result,), said = converge(lab, host, sshd)
    assert ", Match User careful) would let nobody in" in result.message
    assert said == []
    host.run(f"test ! -e {PATH}")


def test_who_gets_in_by_any_file_of_keys_still_does_and_who_has_none_is_named(
    lab: Lab, host: LabHost, own: Callable[[str], None], sshd: Sshd, tmp_path: Path
) -> None:
    authority, key, short = make_key(tmp_path / "ca", "ecdsa"), make_key(tmp_path / "key"), tmp_path / "short"
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "1024", "-N", "", "-f", short], check=True)
    subprocess.run(["ssh-keygen", "-q", "-s", authority, "-I", "me", "-n", "visitor", f"{key}.pub"], check=True)
    host.run("useradd -m -s /bin/bash visitor; useradd -m -s /bin/bash old; mkdir -p /etc/ssh/keys")
    host.run("echo old:$(head -c 12 /dev/urandom | base64) | chpasswd")
    host.run(f"echo 'cert-authority {public(authority)}' >/etc/ssh/keys/visitor")
    host.run(f"echo '{public(short)}' >>/etc/ssh/keys/visitor")
    own("AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/keys/%u\nRequiredRSASize 1024\nMaxAuthTries 10")
    there = ["-p", str(host.ssh_port), "-o", f"UserKnownHostsFile={lab.folder / files.KNOWN_HOSTS}"]
    client = [
        "ssh",
        "-F",
        "none",
        *there,
        "-o",
        "BatchMode=yes",
        "-o",
        "IdentitiesOnly=yes",
        "-o",
        "RequiredRSASize=1024",
    ]

    def gets_in(key: Path) -> bool:
        return subprocess.run([*client, "-i", str(key), f"visitor@{host.address}", "true"]).returncode == 0

    try:
        assert (gets_in(key), gets_in(short)) == (True, True)
        (result,), _ = converge(lab, host, sshd)
        assert (result.status, result.message) == ("changed", "")
        assert (gets_in(key), gets_in(short)) == (True, True)
        told = result.notes["sshd"]
        kept = "stays as it is, because of"
        assert f"CASignatureAlgorithms {kept} `cert-authority ecdsa-sha2-nistp256` (/etc/ssh/keys/visitor:1)" in told
        assert f"RequiredRSASize {kept} `ssh-rsa of 1024 bits` (/etc/ssh/keys/visitor:2)" in told
        assert "sshd: `MaxAuthTries 10` (/etc/ssh/sshd_config:5) counts no more" in told
        assert (
            "sshd: old has a password and no key, with which alone one gets in from now on" in result.notes["warning"]
        )
        (again,), _ = converge(lab, host, sshd)
        assert again.status == "ok"
    finally:
        host.run("userdel -r visitor; userdel -r old; rm -r /etc/ssh/keys")
