"""Logins, facts, and how a host is: what operators ask beside deploying."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.lab.attended import serving
from tests.terminal_process import TerminalProcess

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.commands import Commands
    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def commands(lab: Lab, host: LabHost, project: Path) -> Commands:
    """A project with the shortener on the host `lab`."""
    return serving(lab, host, project)


def test_ssh_goes_to_the_host(commands: Commands) -> None:
    said = commands("ssh", "lab", "--", "hostname; exit 4", status=4)
    assert said.out == "lab\n"


def test_facts_are_those_of_the_host(commands: Commands, host: LabHost) -> None:
    fact = commands.json("facts", "lab")
    assert fact["kernel"] == host.run("uname -r").strip()
    assert host.inner_address in fact["addresses"]
    argv = [sys.executable, str(commands.program), "--project", str(commands.folder), "facts", "lab"]
    with TerminalProcess(argv, {"COLUMNS": "80"}) as process:
        assert process.end() == 0
    head, row, *below = process.shown.splitlines()
    assert head.split()[0:2] == ["host", "system"]
    assert row.startswith("lab   debian 12 bookworm  ")
    assert all(word in process.shown for word in [fact["kernel"], *fact["addresses"]])
    assert max(map(len, (head, row, *below))) <= 80


def test_all_ports_of_sshd_are_known(commands: Commands, host: LabHost) -> None:
    restart = "systemctl reset-failed ssh; systemctl restart ssh"
    ports = "Port 22\nPort 2222\nListenAddress 127.0.0.1:2223\nListenAddress 0.0.0.0\n"
    try:
        host.run(f"printf '{ports}' >/etc/ssh/sshd_config.d/ports.conf; {restart}")
        fact = commands.json("facts", "lab")
    finally:
        host.run(f"rm /etc/ssh/sshd_config.d/ports.conf; {restart}")
    assert (fact["ssh_port"], fact["ssh_ports"]) == (22, [22, 2222])


def test_answers_of_a_host_are_of_their_types(commands: Commands, host: LabHost) -> None:
    release = host.run("readlink /srv/shortener/current").strip().rpartition("/")[2]
    (app,) = commands.json("releases", "lab", "--app", "shortener")["apps"]
    assert [each["id"] for each in app["releases"] if each["current"]] == [release]
    assert commands.json("audit", "lab", "-n", "1")["entries"][0]["command"]
    assert "shortener" in [each["app"] for each in commands.json("secrets", "diff", "lab")["apps"]]


# What Debian's timer starts every day; whoever uses old libraries is restarted after it.
UPGRADE = "rm -f /var/lib/apt/periodic/*; systemctl start apt-daily-upgrade.service"


def test_status_tells_what_needs_a_hand(commands: Commands, host: LabHost) -> None:
    host.run(UPGRADE, timeout=300)  # the image may be older than the last update
    host.run("systemctl reset-failed; rm -f /run/reboot-required")  # other tests' units
    well = commands.json("status", "lab")
    assert (well["updates"], well["failed_units"], well["reboot"], well["stale"]) == (0, [], False, {})
    older = host.run("apt-cache madison tzdata | awk '{print $3}' | tail -1").strip()
    try:
        host.run(f"apt-get -q -y install --allow-downgrades tzdata={older}", timeout=120)
        host.run("nft flush ruleset; touch /run/reboot-required; systemd-run -q --unit=broken false; sleep 0.5")
        host.run("cd /usr/lib/$(uname -m)-linux-gnu; cp -p libssl.so.3 new; mv new libssl.so.3")
        ill = commands("status", "lab", status=1).out
        assert (
            "\n  the firewall is not loaded: `systemctl restart windlass-firewall` on the host, or provision\n" in ill
        )
        host.run("systemctl restart windlass-firewall")
        assert "  1 pending update, 1 for security\n" in ill
        assert "  a reboot is wanted to run what was updated\n" in ill
        assert "  failed units: broken.service\n" in ill
        assert "  nginx is stale: it runs old versions of libssl.so.3 until it is restarted\n" in ill
        host.run(UPGRADE, timeout=300)
        host.run("systemctl reset-failed broken")
        mended = commands.json("status", "lab")
        assert (mended["updates"], mended["stale"], mended["firewall"]) == (0, {}, True)
    finally:
        host.run("systemctl reset-failed broken; rm -f /run/reboot-required; apt-get -q -y install tzdata", timeout=120)


def test_status_starts_nothing_and_tells_a_placeholder(commands: Commands, host: LabHost) -> None:
    release = host.run("readlink /srv/shortener/current").strip().rpartition("/")[2]
    service, link, other = f"shortener@{release}.service", "/etc/nginx/tls/shortener", "/tmp/placeholder"
    real = host.run(f"readlink {link}").strip()
    try:
        host.run(f"systemctl stop {service}; systemctl is-active shortener@{release}.socket")
        host.run(
            f"mkdir {other}; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x"
            f" -keyout {other}/privkey.pem -out {other}/fullchain.pem; ln -sfn {other} {link}"
        )
        said = commands("status", "lab", status=1).out
        assert "    not running, 0 workers, 0 restarts\n" in said
        assert "    a self-signed placeholder for a certificate: `provision` gets one\n" in said
        host.run(f"! systemctl is-active {service}")
    finally:
        host.run(f"ln -sfn {real} {link}; rm -r {other}; systemctl start {service}")
