"""What an app must not be able to do, tried from inside its own unit; runs on the host, as a part of the app.

Each act raises when it is refused, as it should be.
"""

from __future__ import annotations

import ctypes
import glob
import json
import mmap
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
PTRACE_TRACEME, CLONE_NEWUSER, CLONE_NEWNET, PER_LINUX32 = 0, 0x10000000, 0x40000000, 8


def checked(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def listed(pattern: str) -> None:
    """Reads all that matches; raises when nothing does."""
    found = glob.glob(pattern)
    if not found:
        raise FileNotFoundError(pattern)
    for path in found:
        Path(path).read_bytes()


def connected(family: int, address: object) -> None:
    with socket.socket(family) as connection:
        connection.settimeout(2)
        connection.connect(address)


def seen_processes() -> None:
    """Raises unless processes of other users can be seen."""
    own = os.getuid()
    if all(os.stat(f"/proc/{name}").st_uid == own for name in os.listdir("/proc") if name.isdigit()):
        raise PermissionError("only own processes")


def set_uid_shell() -> None:
    copy = Path(os.environ["STATE_DIRECTORY"], "sh")
    copy.write_bytes(b"x")
    try:
        copy.chmod(0o4755)
    finally:
        copy.unlink()


def temporary_file_seen() -> None:
    """The host's /tmp has one of this name."""
    Path("/tmp/windlass-test").read_text()


OTHER = "shortener"
ACTS = {
    "write its code": lambda: Path(__file__).with_name("planted.py").write_text("x"),
    "write its venv": lambda: Path(sys.prefix, "planted").write_text("x"),
    "write its units": lambda: Path("/etc/systemd/system/planted.service").write_text("x"),
    "write to /srv": lambda: os.mkdir("/srv/planted"),
    "write to /run": lambda: Path("/run/notes/planted").write_text("x"),
    "see the host's /run/lock": lambda: Path("/run/lock/windlass-test").read_text(),
    "see the host's /dev/shm": lambda: Path("/dev/shm/windlass-test").read_text(),
    "use more than its share of /dev/shm": lambda: [Path(f"/dev/shm/{n}").touch() for n in range(20_000)],
    "write to /dev/shm of others": lambda: Path("/proc/1/root/dev/shm/planted").write_text("x"),
    "read its environment file": lambda: listed("/srv/notes/releases/*/env"),
    "read its record": lambda: listed("/srv/notes/releases/*/release.json"),
    "read /etc/shadow": lambda: listed("/etc/shadow"),
    "read keys of TLS": lambda: listed("/etc/nginx/self-signed/*/privkey.pem"),
    "read what visitors ask": lambda: listed("/var/log/nginx/*.access.log"),
    "read the state of Windlass": lambda: os.listdir("/var/lib/windlass"),
    "read homes": lambda: os.listdir("/root"),
    "read another app's code": lambda: listed(f"/srv/{OTHER}/current/code/shortener/__init__.py"),
    "read another app's environment": lambda: listed(f"/srv/{OTHER}/current/env"),
    "read another app's data": lambda: os.listdir(f"/var/lib/{OTHER}"),
    "speak to another app's socket": lambda: connected(socket.AF_UNIX, f"/srv/{OTHER}/current/app.sock"),
    "see processes of others": seen_processes,
    "see the host's /tmp": temporary_file_seen,
    "signal others": lambda: os.kill(1, signal.SIGUSR1),
    "become root": lambda: os.setuid(0),
    "be traced": lambda: checked(LIBC.ptrace(PTRACE_TRACEME, 0, 0, 0)),
    "make a user namespace": lambda: checked(LIBC.unshare(CLONE_NEWUSER)),
    "make a network namespace": lambda: checked(LIBC.unshare(CLONE_NEWNET)),
    "mount": lambda: checked(LIBC.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, None)),
    "change its root": lambda: os.chroot("/tmp"),
    "open a raw socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close(),
    "open a packet socket": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close(),
    "speak to the kernel (netlink)": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close(),
    "bind a low port": lambda: socket.create_server(("127.0.0.1", 81)).close(),
    "make a set-uid file": set_uid_shell,
    "make memory for code": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC),
    "run in real time": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
    "rename the host": lambda: socket.sethostname("planted"),
    "set the clock": lambda: __import__("time").clock_settime(0, 1e9),
    "change the personality": lambda: checked(LIBC.personality(PER_LINUX32)),
    "change a kernel setting": lambda: Path("/proc/sys/vm/overcommit_memory").write_text("1"),
    "read the kernel's log": lambda: checked(LIBC.klogctl(3, ctypes.create_string_buffer(99), 99)),
    "read disks": lambda: os.listdir("/dev/disk") or os.open("/dev/sda", os.O_RDONLY),
    "make a device": lambda: os.mknod(f"{os.environ['STATE_DIRECTORY']}/null", 0o20666, os.makedev(1, 3)),
    "gain rights by sudo": lambda: subprocess.run(["sudo", "-n", "true"], check=True, capture_output=True),
}
CONNECTIONS = {
    "connect to its own host": lambda: connected(socket.AF_INET, ("127.0.0.1", 22)),
    "ask the cloud": lambda: connected(socket.AF_INET, ("169.254.169.254", 80)),
    "connect to the world": lambda: connected(socket.AF_INET, (os.environ["ELSEWHERE"], 8055)),
}


def possible(acts: dict) -> list[str]:
    """The acts that were not refused; each in a process of its own, for some would make others possible."""
    return [name for name, act in acts.items() if succeeds(act)]


def succeeds(act: Callable) -> bool:
    child = os.fork()
    if not child:
        try:
            act()
        except (OSError, subprocess.CalledProcessError):
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def report() -> str:
    """What is possible, as JSON."""
    return json.dumps({"acts": possible(ACTS), "connections": possible(CONNECTIONS), "tried": len(ACTS)})


if __name__ == "__main__":  # a process without threads: some acts are refused to any other
    print(report())
