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
from windlass.errors import HostError
from windlass.host import Login
from windlass.resources import Sshd

NAME = "sshd /etc/ssh/sshd_config.d/00-windlass.conf"


def content(*release: str, **settings: object) -> str:
    text: str = resources(ssh, host(*release, ssh=settings))[NAME].content
    return text


def test_a_real_sshd_takes_it(tmp_path: Path) -> None:
    wanted = on_this_machine(Sshd("", content()))._wanted
    keys = {kind: make_key(tmp_path / kind, kind) for kind in ("ed25519", "rsa")}
    for kind, path in keys.items():
        wanted = wanted.replace(f"/etc/ssh/ssh_host_{kind}_key", str(path))
    (tmp_path / "config").write_text(wanted)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    done = subprocess.run([find_sshd(), "-T", "-f", str(tmp_path / "config")], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "passwordauthentication no\n" in done.stdout
    assert "kbdinteractiveauthentication no\n" in done.stdout
    assert "permitrootlogin without-password\n" in done.stdout
    (tmp_path / "config").write_text(wanted.replace("MaxAuthTries", "MaxAuthTrials"))
    assert subprocess.run([find_sshd(), "-t", "-f", str(tmp_path / "config")], capture_output=True).returncode != 0


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
