"""Room on the disk: what is free, and what a folder takes."""

from __future__ import annotations

import os

from windlass.agent.failures import Failed

# Left free on the disk beyond what a release needs, for logs and the app's own data (bytes).
RESERVE = 64 * 1024 * 1024
MEBIBYTE = 1024 * 1024


def check(folder: str, size: int, what: str) -> None:
    """Raises Failed if `size` bytes more, for `what`, would fill the disk of `folder`."""
    disk = os.statvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    if free < size + RESERVE:
        raise Failed(
            f"there is not enough room in {folder}: {free // MEBIBYTE} MiB are free, and {what} needs"
            f" {size // MEBIBYTE + 1} MiB beside {RESERVE // MEBIBYTE} MiB that stay free",
            hint="Free some space, or keep fewer releases (`keep_releases`).",
        )


def taken(folder: str) -> int:
    """What a folder takes on the disk (bytes), nothing if it is not there; links below it are not followed."""
    return sum(_size(f"{path}/{name}") for path, _, names in os.walk(folder) for name in (".", *names))


def _size(path: str) -> int:
    try:
        return os.lstat(path).st_blocks * 512
    except FileNotFoundError:  # it is being removed while we look
        return 0
