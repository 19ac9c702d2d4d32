"""What the role ssh declares, and that a real sshd takes it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from roles.ssh import ssh
from tests.local_machine import on_this_machine
from tests.roles.hosts import host, resources
from tests.ssh.sshd import find_sshd, make_key
from windlass.agent.resources import Sshd
from windlass.errors import HostError
from windlass.host import Login

NAME = "sshd /etc/ssh/sshd_config.d/00-windlass.conf"


@pytest.fixture(autouse=True)
def main(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An sshd_config that says nothing, in place of this machine's own."""
    path = tmp_path / "sshd_config"
    path.touch()
    monkeypatch.setattr("windlass.agent.resources.sshd.MAIN", str(path))
    return path


def content(*release: str, **settings: object) -> str:
    text: str = resources(ssh, host(*release, ssh=settings))[NAME].content
    return text


def taken(folder: Path, settings: str) -> tuple[int, str, str]:
    """Status, stdout and stderr of a real sshd that reads these settings, with host keys of its own."""
    for kind in ("ed25519", "rsa"):
        if not (folder / kind).exists():
            make_key(folder / kind, kind)
        settings = settings.replace(f"/etc/ssh/ssh_host_{kind}_key", str(folder / kind))
    (folder / "config").write_text(settings)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    done = subprocess.run([find_sshd(), "-T", "-f", str(folder / "config")], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def test_a_real_sshd_takes_it(tmp_path: Path) -> None:
    wanted = on_this_machine(Sshd("", content()))._wanted
    status, said, errors = taken(tmp_path, wanted)
    assert (status, errors) == (0, "")
    assert "passwordauthentication no\n" in said
    assert "kbdinteractiveauthentication no\n" in said
    assert "permitrootlogin without-password\n" in said
    assert taken(tmp_path, wanted.replace("MaxAuthTries", "MaxAuthTrials"))[0] != 0


def test_what_the_hosts_files_decide_is_left_to_them(tmp_path: Path, main: Path) -> None:
    methods = "AuthenticationMethods publickey,keyboard-interactive"
    theirs = f"{methods}\nStrictModes no\n"
    before = on_this_machine(Sshd("", content()))._wanted
    main.write_text(theirs)
    sshd = on_this_machine(Sshd("", content()))
    left = {"StrictModes yes\n", "KbdInteractiveAuthentication no\n"}
    assert set(before.splitlines(keepends=True)) - set(sshd._wanted.splitlines(keepends=True)) == left
    status, said, errors = taken(tmp_path, sshd._wanted + theirs)
    assert (status, errors) == (0, "")
    assert "kbdinteractiveauthentication yes\n" in said
    assert "passwordauthentication no\n" in said
    assert "cannot be satisfied" in taken(tmp_path, before + theirs)[2]
    assert sshd.notes()["sshd"].splitlines() == [
        f"sshd: KbdInteractiveAuthentication stays as it is, because of `{methods}` ({main}:1)",
        f"sshd: StrictModes stays as it is, because of `StrictModes no` ({main}:2)",
    ]


def test_files_that_do_not_include_ours_are_said_once(main: Path) -> None:
    sshd = on_this_machine(Sshd(NAME, content()))
    sshd.machine.probe("sshd", lambda: ("", "port 22\n"))
    assert sshd._overruled() == [f"{main} does not include {NAME}"]


def test_who_needs_no_key_is_told(main: Path) -> None:
    sshd = on_this_machine(Sshd("", content()))
    assert sshd.notes() == {}
    main.write_text("Match User eve\nPasswordAuthentication yes\n")
    sshd.machine.forget()
    told = f"sshd: not everybody needs a key: `PasswordAuthentication yes` ({main}:2, Match User eve)"
    assert sshd.notes() == {"sshd": told}


def test_key_exchanges_that_the_host_does_not_know_are_left_out() -> None:
    sshd = on_this_machine(Sshd("", "KexAlgorithms none@example.com,curve25519-sha256\nMACs a,b\n"))
    assert sshd._wanted == "KexAlgorithms curve25519-sha256\nMACs a,b\n"


def test_settings() -> None:
    assert "PermitRootLogin prohibit-password\n" in content()
    assert "PermitRootLogin no\n" in content(permit_root=False)
    assert "AllowTcpForwarding no\n" in content(tcp_forwarding=False)
    assert resources(ssh, host(ssh={"managed": False})) == {}


@pytest.mark.parametrize(
    ("release", "there", "not_there"),
    [
        (("debian", "11"), "ChallengeResponseAuthentication no", "RequiredRSASize"),
        (("debian", "12"), "diffie-hellman-group16-sha512", "ChallengeResponseAuthentication"),
        (("ubuntu", "22.04"), "KbdInteractiveAuthentication no", "RequiredRSASize"),
        (("debian", "13"), "RequiredRSASize", "diffie-hellman"),
        (("ubuntu", "26.04"), "mlkem768x25519-sha256", "diffie-hellman"),
    ],
)
def test_releases(release: tuple[str, str], there: str, not_there: str) -> None:
    text = content(*release)
    assert there in text
    assert not_there not in text
    assert "curve25519-sha256," in text  # or paramiko could not get in any more


def test_what_would_shut_this_login_out_is_refused() -> None:
    one = host()
    one.login = Login("root", by_password=True)
    with pytest.raises(HostError) as raised:
        resources(ssh, one)
    assert str(raised.value) == (
        "root has logged in by password, and the role ssh allows keys only\n"
        f"  Put a key there first (ssh-copy-id root@{one.connect.address}), or set `ssh: {{managed: false}}`."
    )
    one = host(ssh={"permit_root": False})
    one.login = Login("root", by_password=False)
    with pytest.raises(HostError) as raised:
        resources(ssh, one)
    assert str(raised.value) == (
        "`ssh.permit_root: false` would shut root out, and this run has logged in as root\n"
        "  Log in as a user who may use sudo (`ansible_user`): that proves that there is another way in."
    )
    one.login = Login("deploy", by_password=False)
    assert NAME in resources(ssh, one)


def test_a_host_known_by_its_ecdsa_key_alone_is_refused() -> None:
    one = host()
    one.login = Login("root", by_password=False, known_by=frozenset({"ecdsa-sha2-nistp256"}))
    with pytest.raises(HostError) as raised:
        resources(ssh, one)
    assert str(raised.value) == (
        "the host is known here by its ECDSA key alone, and the role ssh has sshd show that no more\n"
        "  Set `host_key` in the inventory to what"
        " `./deploy.py ssh host -- cat /etc/ssh/ssh_host_ed25519_key.pub` prints, or set `ssh: {managed: false}`."
    )
    one.login = Login("root", by_password=False, known_by=frozenset({"ecdsa-sha2-nistp256", "ssh-rsa"}))
    assert NAME in resources(ssh, one)
