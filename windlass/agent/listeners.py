"""What listens on the host for others to reach, as the kernel tells it."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# proc_net_tcp(5): the state of a socket that waits for whoever comes.
WAITING = {"tcp": "0A", "udp": "07"}
# What loopback's addresses begin with: 127., ::1 and ::ffff:127., by their lengths (bytes).
LOOPBACK = {4: (b"\x7f",), 16: (bytes(15) + b"\x01", bytes(10) + b"\xff\xff\x7f")}


class Listener(NamedTuple):
    """A socket that waits for others; `inode` is its number, by which the processes that have it are found."""

    protocol: str
    port: int
    inode: str


def listeners(*, loopback: bool = False) -> list[Listener]:
    """All that others can reach, by port; with `loopback` those also that only the host itself can."""
    found = []
    for protocol, state in WAITING.items():
        for table in (f"/proc/net/{protocol}", f"/proc/net/{protocol}6"):
            for local, inode in _sockets(table, state):
                address, _, port = local.partition(":")
                if loopback or not _is_loopback(address):
                    found.append(Listener(protocol, int(port, 16), inode))
    return sorted(found, key=lambda each: (each.port, each.protocol))


def sockets(process: str) -> set[str]:
    """The inodes of a process's sockets; none when it has ended, or is not ours to ask."""
    folder = f"/proc/{process}/fd"
    try:
        opened = [_target(f"{folder}/{number}") for number in os.listdir(folder)]
    except OSError:
        return set()
    return {target[len("socket:[") : -1] for target in opened if target.startswith("socket:[")}


def owners() -> dict[str, str]:
    """The names of processes by the inodes of their sockets; of several processes with the same socket, the oldest."""
    return {inode: name for inode, (_, name) in holders().items()}


def between(port: int, other: int) -> str:
    """The inode of the end at `port` of a TCP connection of the host with itself; empty = it ends elsewhere."""
    for row in (*_rows("/proc/net/tcp"), *_rows("/proc/net/tcp6")):
        if row[1].endswith(f":{port:04X}") and row[2].endswith(f":{other:04X}"):
            return row[9]
    return ""


def holders(only: str | None = None) -> dict[str, tuple[str, str]]:
    """The same, with the number of each process before its name; of processes of the name `only` alone (None = all)."""
    found: dict[str, tuple[str, str]] = {}
    for process in sorted((name for name in os.listdir("/proc") if name.isdigit()), key=int):
        try:
            with open(f"/proc/{process}/comm", encoding="utf-8", errors="replace") as file:
                name = file.read().strip()
        except OSError:  # it has ended
            continue
        if only not in (None, name):
            continue
        for inode in sockets(process):
            found.setdefault(inode, (process, name))
    return found


def _target(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:  # closed by now
        return ""


def _sockets(table: str, state: str) -> Iterator[tuple[str, str]]:
    """Address and inode of those in a state."""
    for row in _rows(table):
        if row[3] == state:
            yield row[1], row[9]
        elif state == WAITING["tcp"]:
            break  # those that listen come first, then maybe thousands of connections


def _rows(table: str) -> Iterator[list[str]]:
    try:
        with open(table, encoding="ascii") as file:
            next(file)
            for line in file:
                yield line.split()
    except OSError:  # a kernel without IPv6
        return


def _is_loopback(digits: str) -> bool:
    """Whether an address, as the kernel writes it, is one: words of 32 bits in its own order of bytes."""
    words = [int(digits[start : start + 8], 16) for start in range(0, len(digits), 8)]
    packed = struct.pack(f"={len(words)}I", *words)
    return packed.startswith(LOOPBACK[len(packed)])
