"""Who is shut out by rules, told of real listeners of this process."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from tests.roles.test_firewall import rules
from windlass.agent.resources.openings import openings, shut_out

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def ports() -> Iterator[tuple[int, int]]:
    """Ports that this process listens on: TCP and UDP."""
    with socket.socket() as server, socket.socket(type=socket.SOCK_DGRAM) as other:
        for each in (server, other):
            each.bind(("0.0.0.0", 0))
        server.listen()
        yield server.getsockname()[1], other.getsockname()[1]


def closed(allow: list[str], before: str = "") -> set[str]:
    """What is to be allowed to keep all; the machine's own listeners among them."""
    said = shut_out(rules(allow=allow), before)
    return set(said.partition("allow: [")[2].partition("]")[0].split(", "))


def test_all_that_the_first_rules_close(ports: tuple[int, int]) -> None:
    tcp, udp = str(ports[0]), f"{ports[1]}/udp"
    assert {tcp, udp} <= closed([])
    with open("/proc/self/comm", encoding="utf-8") as file:
        assert f"{tcp} ({file.read().strip()})" in shut_out(rules(), "")
    assert {tcp, udp} & closed([f"{ports[0]} from 192.0.2.0/24"]) == {udp}
    assert {tcp, udp} & closed([f"{max(1, ports[1] - 5)}-{ports[1]}/udp", tcp]) == set()


def test_only_what_was_open_so_far(ports: tuple[int, int]) -> None:
    tcp, udp = str(ports[0]), f"{ports[1]}/udp"
    before = rules(allow=[udp])
    assert {tcp, udp} & closed([], before) == {udp}
    assert shut_out(before, before) == ""


def test_ssh_the_web_and_what_networks_need_are_let_in() -> None:
    """A port that the rules do not have is closed as if nobody had told of it: no such rule may be missed."""
    assert set(openings(rules(ssh_port=2222, allow=["53/udp", "6000-6010 from 10.0.0.0/8"]))) == {
        *(("tcp", port, port) for port in (80, 443, 2222)),
        *(("udp", port, port) for port in (53, 68, 546)),
        ("tcp", 6000, 6010),
    }
