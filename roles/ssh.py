"""sshd: who gets in, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass.agent.resources import Directory, Moduli, Sshd
from windlass.errors import HostError
from windlass.template import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.agent.resources import Resource
    from windlass.app import App
    from windlass.host import Host

FOLDER = "/etc/ssh/sshd_config.d"

# What a host's OpenSSH does not know is left out on the host. Only the first three hold against quantum computers;
# paramiko, and so Windlass, has none of them.
MODERN = (
    *("mlkem768x25519-sha256", "sntrup761x25519-sha512", "sntrup761x25519-sha512@openssh.com"),
    *("curve25519-sha256", "curve25519-sha256@libssh.org"),
)
# Releases for which ssh-audit still offers Diffie-Hellman groups, and prefers the shorter of two good MACs.
CLASSIC = {("debian", "11"), ("debian", "12"), ("ubuntu", "22.04")}
GROUPS = ("diffie-hellman-group16-sha512", "diffie-hellman-group18-sha512", "diffie-hellman-group-exchange-sha256")
MACS = ("hmac-sha2-512-etm@openssh.com", "hmac-sha2-256-etm@openssh.com", "umac-128-etm@openssh.com")
# Before OpenSSH 9.1 there is no RequiredRSASize, before 8.7 another name for questions on the keyboard.
WITHOUT_RSA_SIZE = {("debian", "11"), ("ubuntu", "22.04")}
OLD_NAME = {("debian", "11")}


def ssh(host: Host, apps: list[App]) -> Iterator[Resource]:
    """Logins by key only, current algorithms."""
    settings = host.settings.ssh
    if not settings.managed:
        return
    assert host.facts is not None  # noqa: S101 - roles run after HELLO
    _refuse_lockout(host)
    release = (host.facts.os, host.facts.os_version)
    classic = release in CLASSIC
    yield Directory(FOLDER)
    if classic:
        yield Moduli("/etc/ssh/moduli", shortest=3072)
    content = render(
        "ssh/sshd.conf.j2",
        permit_root=settings.permit_root,
        tcp_forwarding=settings.tcp_forwarding,
        kex=",".join((*MODERN, *GROUPS) if classic else MODERN),
        macs=",".join((MACS[1], MACS[0], MACS[2]) if classic else MACS),
        rsa_size=release not in WITHOUT_RSA_SIZE,
        keyboard_interactive="ChallengeResponseAuthentication"
        if release in OLD_NAME
        else "KbdInteractiveAuthentication",
    )
    yield Sshd(f"{FOLDER}/00-windlass.conf", content)


def _refuse_lockout(host: Host) -> None:
    """What would shut this very login out is refused before anything is changed."""
    login = host.login
    if login is None:
        return
    if login.by_password:
        raise HostError(
            f"{login.user} has logged in by password, and the role ssh allows keys only",
            hint=f"Put a key there first (ssh-copy-id {login.user}@{host.connect.address}), or set `ssh: {{managed: "
            "false}`.",
        )
    if login.user == "root" and not host.settings.ssh.permit_root:
        raise HostError(
            "`ssh.permit_root: false` would shut root out, and this run has logged in as root",
            hint="Log in as a user who may use sudo (`ansible_user`): that proves that there is another way in.",
        )
    if login.known_by and all(kind.startswith("ecdsa-") for kind in login.known_by):
        raise HostError(
            "the host is known here by its ECDSA key alone, and the role ssh has sshd show that no more",
            hint=f"Set `host_key` in the inventory to what `./deploy.py ssh {host.name} -- cat"
            " /etc/ssh/ssh_host_ed25519_key.pub` prints, or set `ssh: {managed: false}`.",
        )
