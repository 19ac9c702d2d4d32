"""Ways of being a bad neighbour, each until a moment of the monotonic clock; all are bounded and do no lasting harm."""

from __future__ import annotations

import contextlib
import ctypes
import glob
import os
import resource
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

STATE = os.environ.get("STATE_DIRECTORY", tempfile.gettempdir())
OTHER = os.environ.get("NEIGHBOUR", "neighbour")
FILES, BLOCK = 20_000, b"x" * 1024 * 1024


def until(end: float, act: Callable[[], object], pause: float = 0.0) -> None:
    """Does something again and again, refused or not."""
    while time.monotonic() < end:
        with contextlib.suppress(OSError, ValueError, MemoryError):
            act()
        time.sleep(pause)


def burn(end: float) -> None:
    until(end, lambda: sum(range(10_000)))


def eat_memory(end: float) -> None:
    kept: list[bytes] = []
    until(end, lambda: kept.append(os.urandom(4 << 20)) if len(kept) < 400 else None, 0.01)


def fork_again(end: float) -> None:
    def fork() -> None:
        if not os.fork():
            signal.alarm(5)
            time.sleep(1)
            os._exit(0)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)

    until(end, fork)


def start_threads(end: float) -> None:
    import threading

    until(end, lambda: threading.Thread(target=time.sleep, args=[1], daemon=True).start())


def use_up_files(folder: str) -> Callable[[float], None]:
    """Makes many empty files in a folder, for its inodes."""

    def way(end: float) -> None:
        made: list[str] = []

        def make() -> None:
            if len(made) < FILES:
                path = f"{folder}/hostile-{len(made)}"
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
                made.append(path)

        try:
            until(end, make)
        finally:
            for path in made:
                os.unlink(path)

    return way


def fill(folder: str, mebibytes: int) -> Callable[[float], None]:
    """Fills a folder with so much."""

    def way(end: float) -> None:
        with tempfile.TemporaryFile(dir=folder) as file:
            for _ in range(mebibytes):
                file.write(BLOCK)
            until(end, lambda: os.fsync(file.fileno()), 0.1)

    return way


def open_files(end: float) -> None:
    kept: list[int] = []
    until(end, lambda: kept.append(os.open("/dev/null", os.O_RDONLY)))


def shout(end: float) -> None:
    """Fills the journal."""
    until(end, lambda: print("noise " * 100, file=sys.stderr))


def paint_the_log(end: float) -> None:
    """What it says would steer a terminal."""
    until(end, lambda: print("\x1b]0;owned\x07\x1b[2J[bold red]owned[/]", file=sys.stderr), 0.01)


def long_lines(end: float) -> None:
    until(end, lambda: print("x" * 1_000_000, file=sys.stderr), 0.05)


def knock(family: int, address: object) -> Callable[[float], None]:
    """Connects again and again, and leaves the connections open."""

    def way(end: float) -> None:
        kept: list[socket.socket] = []

        def connect() -> None:
            connection = socket.socket(family)
            connection.settimeout(1)
            kept.append(connection)
            connection.connect(address)
            del kept[:-200]

        until(end, connect)

    return way


def kill_all(end: float) -> None:
    """Signals everybody but its own: init, and whatever number there is."""
    own = os.getuid()

    def kill() -> None:
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                if os.stat(f"/proc/{name}").st_uid != own:
                    os.kill(int(name), signal.SIGTERM)

    until(end, kill, 0.2)


def read_others(end: float) -> None:
    def read() -> None:
        for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/srv/*/releases/*/env"):
            with contextlib.suppress(OSError):
                Path(path).read_bytes()

    until(end, read, 0.2)


def lock_files(end: float) -> None:
    """Takes locks that tools of the system look for."""
    import fcntl

    kept: list[int] = []

    def lock() -> None:
        for name in ("xtables.lock", "lock/apt", "lock/windlass"):
            handle = os.open(f"/run/{name}", os.O_CREAT | os.O_RDWR, 0o666)
            kept.append(handle)
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    until(end, lock, 1)


def plant_links(end: float) -> None:
    """Links where somebody of root's may write or read: its own data."""

    def plant() -> None:
        for name in (".bashrc", ".config", "instance", "app.db", "logs"):
            path = f"{STATE}/{name}"
            if not os.path.lexists(path):
                os.symlink("/etc/shadow", path)

    try:
        until(end, plant, 0.5)
    finally:
        for path in glob.glob(f"{STATE}/*") + glob.glob(f"{STATE}/.*"):
            if os.path.islink(path):
                os.unlink(path)


def deep_folders(end: float) -> None:
    depth = 0
    handle = os.open(STATE, os.O_RDONLY)
    while time.monotonic() < end and depth < 500:
        os.mkdir("deep", dir_fd=handle)
        below = os.open("deep", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle, depth = below, depth + 1
    until(end, lambda: None, 0.5)


def shared_memory(end: float) -> None:
    """System V segments, which belong to nobody when their maker has gone."""
    libc = ctypes.CDLL(None, use_errno=True)
    made: list[int] = []

    def make() -> None:
        if len(made) < 200 and (number := libc.shmget(0, 1 << 20, 0o1600)) >= 0:
            made.append(number)

    try:
        until(end, make, 0.01)
    finally:
        for number in made:
            libc.shmctl(number, 0, None)


def be_nice(end: float) -> None:
    """Asks for all the time there is."""
    until(end, lambda: os.setpriority(os.PRIO_PROCESS, 0, -20), 0.5)


def raise_limits(end: float) -> None:
    until(end, lambda: resource.setrlimit(resource.RLIMIT_NPROC, (1 << 20, 1 << 20)), 0.5)


def ask_the_bus(end: float) -> None:
    """Keeps the system's bus busy."""
    knock(socket.AF_UNIX, "/run/dbus/system_bus_socket")(end)


WAYS: dict[str, Callable[[float], None]] = {
    "burn": burn,
    "eat memory": eat_memory,
    "fork": fork_again,
    "threads": start_threads,
    "inodes of /dev/shm": use_up_files("/dev/shm"),
    "inodes of /tmp": use_up_files("/tmp"),
    "inodes of /run/lock": use_up_files("/run/lock"),
    "inodes of its data": use_up_files(STATE),
    "fill /dev/shm": fill("/dev/shm", 200),
    "fill /tmp": fill("/tmp", 200),
    "fill its data": fill(STATE, 200),
    "open files": open_files,
    "shout": shout,
    "paint the log": paint_the_log,
    "long lines": long_lines,
    "knock at nginx": knock(socket.AF_INET, ("127.0.0.1", 443)),
    "knock at sshd": knock(socket.AF_INET, ("127.0.0.1", 22)),
    "knock at the neighbour": knock(socket.AF_UNIX, f"/srv/{OTHER}/current/app.sock"),
    "kill": kill_all,
    "read others": read_others,
    "lock": lock_files,
    "plant links": plant_links,
    "deep folders": deep_folders,
    "shared memory": shared_memory,
    "priority": be_nice,
    "limits": raise_limits,
    "bus": ask_the_bus,
}
