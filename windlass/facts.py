"""[H] Facts about a host that roles may use, gathered without starting a process."""

from __future__ import annotations

import os
import socket
import struct
import sys
from typing import Any


def gather() -> dict[str, Any]:
    """Facts by name; memory in bytes, addresses without loopback and link-local ones."""
    release = _shell_variables("/etc/os-release")
    return {
        "os": release.get("ID", "unknown"),
        "os_version": release.get("VERSION_ID", ""),
        "codename": release.get("VERSION_CODENAME", ""),
        "arch": os.uname().machine,
        "python": ".".join(map(str, sys.version_info[:3])),
        "cpus": len(os.sched_getaffinity(0)),
        "memory": _memory(),
        "addresses": _addresses(),
        "ipv6": os.path.exists("/proc/net/if_inet6"),
        "hostname": socket.gethostname(),
        "kernel": os.uname().release,
        "systemd": os.path.isdir("/run/systemd/system"),
        "uid": os.getuid(),
        "ssh_port": _ssh_port(),
    }


def _shell_variables(path: str) -> dict[str, str]:
    """NAME=value lines as in os-release(5)."""
    try:
        with open(path, encoding="utf-8") as file:
            pairs = (line.rstrip("\n").split("=", 1) for line in file if "=" in line)
            return {name: value.strip("\"'") for name, value in pairs}
    except OSError:
        return {}


def _ssh_port() -> int | None:
    """The port of this host that the login came in by; None = no login."""
    process = "self"
    try:
        # sudo hides it from its children, and has it itself.
        while process != "0":
            with open(f"/proc/{process}/environ", "rb") as file:
                for variable in file.read().split(b"\0"):
                    if variable.startswith(b"SSH_CONNECTION="):
                        return int(variable.split()[-1])
            with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as file:
                process = file.read().rpartition(")")[2].split()[1]
    except (OSError, ValueError):
        pass
    return None


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _addresses() -> list[str]:
    """IPv4 by the interfaces' ioctl, IPv6 from /proc/net/if_inet6 (global scope only)."""
    import fcntl

    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            request = struct.pack("256s", name.encode())
            try:
                # SIOCGIFADDR, netdevice(7): the address lies at bytes 20-24 of the answer.
                answer = fcntl.ioctl(probe.fileno(), 0x8915, request)
            except OSError:
                continue
            found.append(socket.inet_ntoa(answer[20:24]))
    found = [address for address in found if not address.startswith("127.")]
    try:
        with open("/proc/net/if_inet6", encoding="ascii") as file:
            rows = [line.split() for line in file]
    except OSError:
        rows = []
    found += [socket.inet_ntop(socket.AF_INET6, bytes.fromhex(row[0])) for row in rows if row[3] == "00"]
    return found
