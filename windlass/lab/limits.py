"""Limits of this machine that many lab hosts run into."""

from __future__ import annotations

from pathlib import Path

INOTIFY_INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")
INOTIFY_PER_HOST = 6  # a systemd host holds 5.6 on average


def warning(hosts: int, limit: int | None = None) -> str | None:
    """What to say before `hosts` lab hosts run on this machine at once, None if they fit.

    `limit` is the machine's, read from the kernel by default; a machine that does not tell has none.
    """
    if limit is None:
        limit = int(INOTIFY_INSTANCES.read_text()) if INOTIFY_INSTANCES.exists() else 1 << 30
    if hosts * INOTIFY_PER_HOST <= limit:
        return None
    return (
        f"fs.inotify.max_user_instances is {limit}, enough for about {limit // INOTIFY_PER_HOST} lab hosts, not "
        f"{hosts}: services may fail to start; to raise it: sysctl fs.inotify.max_user_instances=1024"
    )
