"""Hosts as they are: sshd behind a socket, no IPv6, a name that nobody resolves, a locale that is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.converging import converge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab

ODD = """systemctl disable -q --now ssh.service; systemctl enable -q --now ssh.socket
hostname nowhere; echo nowhere >/etc/hostname; sed -i /$(hostname -I | cut -d' ' -f1)/d /etc/hosts
echo 'LANG=xx_YY.ISO-8859-15' >/etc/default/locale; echo 'LC_ALL=xx_YY' >>/etc/environment
sysctl -q net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
mount -o remount,noexec /tmp 2>/dev/null || mount -t tmpfs -o noexec tmpfs /tmp"""


def test_all_host_roles_on_an_odd_one(lab: Lab, new_host: Callable[..., LabHost], tmp_path: Path) -> None:
    host = new_host("debian:13")
    host.run(ODD)
    first = converge(lab, host, {}, tmp_path, roles=None)
    assert first.exit_status == 0, [f"{each.resource}: {each.message}" for each in first.results if each.message]
    said = [note["warning"] for note in first.notes if "warning" in note]
    assert [line for line in said if "somebody's own" in line and "/etc/environment" not in line] == []
    # What a package manager may not write to any more is not written to again.
    host.run("mount --bind /usr /usr && mount -o remount,bind,ro /usr")
    again = converge(lab, host, {}, tmp_path, roles=None)
    assert [each.resource for each in again.results if each.status != "ok"] == []
    assert host.run("sshd -T | grep -c '^passwordauthentication no'").strip() == "1"
