"""Listeners that others can reach, found among real sockets of this process."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from windlass.agent.listeners import listeners, owners, sockets

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def listen(opened: ExitStack, protocol: str, address: str) -> int:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    server = opened.enter_context(socket.socket(family, KINDS[protocol]))
    try:
        server.bind((address, 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    if protocol == "tcp":
        server.listen()
    return int(server.getsockname()[1])


def seen(protocol: str, port: int) -> list[str]:
    mine = sockets("self")
    return [each.inode for each in listeners() if (each.protocol, each.port) == (protocol, port) and each.inode in mine]


@pytest.mark.parametrize("protocol", KINDS)
@pytest.mark.parametrize(
    ("address", "reached"),
    [("0.0.0.0", True), ("127.0.0.2", False), ("::", True), ("::1", False), ("::ffff:127.0.0.1", False)],
)
def test_only_what_others_can_reach(opened: ExitStack, protocol: str, address: str, reached: bool) -> None:
    port = listen(opened, protocol, address)
    assert len(seen(protocol, port)) == reached


@pytest.mark.parametrize("protocol", KINDS)
def test_a_client_does_not_listen(opened: ExitStack, protocol: str) -> None:
    port = listen(opened, protocol, "0.0.0.0")
    client = opened.enter_context(socket.socket(socket.AF_INET, KINDS[protocol]))
    client.connect(("127.0.0.1", port))
    assert seen(protocol, client.getsockname()[1]) == []


def test_whose_they_are(opened: ExitStack) -> None:
    (inode,) = seen("tcp", listen(opened, "tcp", "0.0.0.0"))
    with open("/proc/self/comm", encoding="utf-8") as file:
        assert owners()[inode] == file.read().strip()
    assert inode not in sockets(str(os.getppid()))
    assert sockets("0") == set()
