"""What the role firewall declares, and that a real nft takes it."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from roles.firewall import firewall
from tests.roles.hosts import host, resources
from windlass.agent.resources import File, Firewall

if TYPE_CHECKING:
    from pathlib import Path

NAME = "firewall /etc/windlass/firewall.nft"
# A network of its own, in which also they may try rules who are not root.
APART = ["unshare", "--net"] if os.getuid() == 0 else ["unshare", "--net", "--map-root-user"]
MAY = subprocess.run([*APART, "true"], capture_output=True).returncode == 0
NFT = shutil.which("nft", path="/usr/sbin:/usr/bin")


def rules(ssh_port: int | None = 22, **settings: object) -> str:
    described = host(firewall=settings)
    assert described.facts
    described.facts.ssh_port = ssh_port
    content: str = resources(firewall, described)[NAME].content
    return content


def loaded(folder: Path, text: str, more: str = "") -> str:
    """The rules as a kernel shows them; AssertionError with nft's words if it refuses them."""
    if not MAY:
        pytest.skip("this machine lets only root have a network of its own")
    assert NFT, "these tests load rules with a real nft: install nftables"
    (folder / "rules").write_text(text)
    script = f"{NFT} -f {folder}/rules && {NFT} -f {folder}/rules {more} && {NFT} list ruleset"
    done = subprocess.run([*APART, "sh", "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_real_nft_takes_it_again_and_again(tmp_path: Path) -> None:
    text = loaded(tmp_path, rules(ssh_port=2222))
    assert "policy drop;" in text
    assert "tcp dport { 80, 443, 2222 } accept" in text
    assert text.count("dport 2222 add @ssh") == 2
    assert text.count("chain ") == 1
    with pytest.raises(AssertionError, match="syntax error"):
        loaded(tmp_path, rules().replace("policy drop", "policy perhaps"))


def test_openings(tmp_path: Path) -> None:
    allow = ["8443", "53/udp", "6000-6010/tcp", "5432 from 10.0.0.0/8", "9100 from 2001:db8::/32"]
    text = loaded(tmp_path, rules(allow=allow))
    for line in (
        "tcp dport 8443 accept",
        "udp dport 53 accept",
        "tcp dport 6000-6010 accept",
        "ip saddr 10.0.0.0/8 tcp dport 5432 accept",
        "ip6 saddr 2001:db8::/32 tcp dport 9100 accept",
    ):
        assert f"\t{line}\n" in text


def test_no_rate_no_set(tmp_path: Path) -> None:
    assert "set ssh" not in loaded(tmp_path, rules(ssh_rate=0))


def test_other_tables_are_not_touched(tmp_path: Path) -> None:
    other = f"&& {NFT} add table ip other && {NFT} -f {tmp_path}/rules"
    assert "table ip other" in loaded(tmp_path, rules(), other)
    assert "flush" not in rules()


def test_ssh_is_let_in_even_where_the_agent_did_not_see_the_port() -> None:
    assert "{ 22, 80, 443 }" in rules(ssh_port=None)


def test_all_ports_of_sshd_are_let_in_and_limited(tmp_path: Path) -> None:
    described = host()
    assert described.facts
    described.facts.ssh_port, described.facts.ssh_ports = 22, [22, 2222]
    text = loaded(tmp_path, resources(firewall, described)[NAME].content)
    assert "tcp dport { 22, 80, 443, 2222 } accept" in text
    assert [text.count(f"tcp dport {port} add @ssh") for port in (22, 2222)] == [2, 2]


def test_left_to_others_nothing_of_it_stays() -> None:
    written = {each.path for each in resources(firewall, host()).values() if isinstance(each, File | Firewall)}
    (left,) = resources(firewall, host(firewall={"managed": False})).values()
    assert {left.path, left.unit, left.drop_in} == written
    assert left.desired() is None
