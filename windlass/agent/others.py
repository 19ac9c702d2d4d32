"""Processes that are not ours, as a user is told of them."""

from __future__ import annotations

import fcntl
import os
import struct

# fcntl(2): a lock, its place in the file, and who has it; with its gaps, on 64 bits.
LOCK = "hhqqi4x"


def described(process: str) -> str:
    """Name, number and unit of a process, e.g. `apache2 (pid 823, apache2.service)`."""
    try:
        with open(f"/proc/{process}/comm", encoding="utf-8", errors="replace") as file:
            name = file.read().strip()
    except OSError:  # it has ended
        return f"pid {process}"
    unit = unit_of(process)
    return f"{name} (pid {process}{f', {unit}' if unit else ''})"


def unit_of(process: str) -> str:
    """The systemd unit of a process; empty = it is in none, or has ended."""
    try:
        with open(f"/proc/{process}/cgroup", encoding="utf-8", errors="replace") as file:
            paths = [line.rstrip("\n").split(":", 2)[2] for line in file]
    except OSError:
        return ""
    names = [os.path.basename(path) for path in paths]
    return next((name for name in names if name.endswith((".service", ".scope", ".socket"))), "")


def lock_holder(path: str) -> str:
    """The number of the process that has locked a file, as apt and dpkg lock theirs (fcntl); empty = none has."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:  # nobody has ever locked it
        return ""
    try:
        asked = struct.pack(LOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        kind, _, _, _, process = struct.unpack(LOCK, fcntl.fcntl(handle, fcntl.F_GETLK, asked))
    except OSError:  # another layout, on 32 bits: apt itself will say
        return ""
    finally:
        os.close(handle)
    return "" if kind == fcntl.F_UNLCK else str(process)
