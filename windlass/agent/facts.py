"""Facts about a host that roles may use, gathered without starting a process."""

from __future__ import annotations

import os
import re
import socket
import struct
import sys
from typing import TYPE_CHECKING

from windlass.agent.listeners import listeners, sockets

if TYPE_CHECKING:
    from windlass.agent.messages.documents import HostFacts

# Where interpreters are called from by name.
PYTHONS = ("/usr/local/bin", "/usr/bin")
# Flags of an IPv6 address that others have, or that is still being tried (linux/if_addr.h).
NOT_USABLE = 0x08 | 0x40


def gather() -> HostFacts:
    """Facts by name; memory in bytes, addresses without loopback and link-local ones."""
    release = _shell_variables("/etc/os-release")
    return {
        "os": release.get("ID", "unknown"),
        "os_version": release.get("VERSION_ID", ""),
        "codename": release.get("VERSION_CODENAME", ""),
        "arch": os.uname().machine,
        "python": ".".join(map(str, sys.version_info[:3])),
        "pythons": _pythons(),
        "cpus": len(os.sched_getaffinity(0)),
        "memory": _memory(),
        "addresses": _addresses(),
        "name_servers": _name_servers(),
        "ipv6": os.path.exists("/proc/net/if_inet6"),
        "hostname": socket.gethostname(),
        "kernel": os.uname().release,
        "systemd": os.path.isdir("/run/systemd/system"),
        "uid": os.getuid(),
        "ssh_port": _ssh_port(),
        "ssh_ports": _ssh_ports(),
        "sudo_rs": is_sudo_rs("/usr/bin/sudo"),
    }


def _pythons() -> list[str]:
    """The versions (3.12) that can be called by name, but for the one that runs this."""
    names = (re.fullmatch(r"python(3\.\d+)", name) for folder in PYTHONS for name in _names(folder))
    found = {name[1] for name in names if name}
    own = f"3.{sys.version_info[1]}"
    return sorted(found - {own}, key=lambda version: int(version[2:]))


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _shell_variables(path: str) -> dict[str, str]:
    """NAME=value lines as in os-release(5)."""
    try:
        with open(path, encoding="utf-8") as file:
            pairs = (line.rstrip("\n").split("=", 1) for line in file if "=" in line)
            return {name: value.strip("\"'") for name, value in pairs}
    except OSError:
        return {}


def ssh_connection() -> list[str]:
    """Address and port of the client, then of the host, of the SSH connection we came by; empty = it does not say.

    sudo takes it out of our environment, so the processes above us are asked for theirs: sudo itself has it.
    """
    process = "self"
    try:
        while process != "0":
            with open(f"/proc/{process}/environ", "rb") as file:
                for variable in file.read().split(b"\0"):
                    if variable.startswith(b"SSH_CONNECTION="):
                        return variable.partition(b"=")[2].decode("ascii", "replace").split()
            with open(f"/proc/{process}/stat", "rb") as file:
                # The name before it, in parentheses, may have anything in it.
                process = file.read().rpartition(b")")[2].split()[1].decode()
    except OSError:  # somebody else's, or ended by now
        pass
    return []


def _ssh_port() -> int | None:
    """The host's own port that we came in by."""
    port = ssh_connection()[-1:]
    return int(port[0]) if port and port[0].isdigit() else None


def _ssh_ports() -> list[int]:
    """All ports that others reach sshd by; none when it has no file of its process's number."""
    try:
        with open("/run/sshd.pid", encoding="ascii") as file:
            inodes = sockets(file.read().strip())
    except OSError:
        return []
    return sorted({each.port for each in listeners() if each.protocol == "tcp" and each.inode in inodes})


def _name_servers() -> list[str]:
    """Those that the host asks, see resolv.conf(5); with a resolver of its own, that one."""
    try:
        with open("/etc/resolv.conf", encoding="utf-8", errors="replace") as file:
            lines = [line.split() for line in file]
    except OSError:
        return []
    return [words[1] for words in lines if words[:1] == ["nameserver"] and len(words) > 1]


def is_sudo_rs(path: str) -> bool:
    """Whether a link leads to sudo-rs, as alternatives and diversions have it on Debian and Ubuntu."""
    program = os.path.realpath(path)
    return os.path.basename(program) == "sudo-rs" or "/cargo/bin/" in program


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
    usable = [row[0] for row in rows if row[3] == "00" and not int(row[4], 16) & NOT_USABLE]
    return found + [socket.inet_ntop(socket.AF_INET6, bytes.fromhex(digits)) for digits in usable]
