"""Where on this machine's loopback a lab host can be reached."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

STANDARD_PORTS = (22, 80, 443)
TRIES = 3


def places(first: int, taken: Container[str], *, by_daemon: bool = False) -> Iterator[tuple[str, dict[int, int]]]:
    """Addresses with the ports there to publish 22, 80 and 443 at, best first.

    Own addresses 127.0.0.x with the standard ports, beginning at x = 2 + `first` % 250; where the machine
    listens on one of the ports at all its addresses, a free port in its stead; at last 127.0.0.1.
    `by_daemon`: a daemon will bind them, which may have more rights than we have.
    """
    offered = 0
    for step in range(250):
        address = f"127.0.0.{2 + (first + step) % 250}"
        free = {port: _is_free(address, port, by_daemon) for port in STANDARD_PORTS}
        if address not in taken and any(free.values()) and offered < TRIES:
            yield address, {port: port if free[port] else free_port(address) for port in STANDARD_PORTS}
            offered += 1
    for _ in range(TRIES):
        yield "127.0.0.1", {port: free_port("127.0.0.1") for port in STANDARD_PORTS}


def free_port(address: str) -> int:
    """A port that nobody uses now; chosen here because engines choose anew at each start."""
    with socket.socket() as listener:
        listener.bind((address, 0))
        port: int = listener.getsockname()[1]
    return port


def _is_free(address: str, port: int, by_daemon: bool = False) -> bool:
    """Whether the port can be had there; that we have no right to it says nothing about a daemon."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
        except OSError as error:
            forbidden = error.errno in (errno.EACCES, errno.EPERM)
            return by_daemon and forbidden and not _answers(address, port)
    return True


def _answers(address: str, port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex((address, port)) == 0
