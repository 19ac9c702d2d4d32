"""[H] An app's releases as a user is shown them, for `deploy.py releases`."""

from __future__ import annotations

import os
from typing import Any

from windlass.release.records import Releases


def listing(home: str) -> list[dict[str, Any]]:
    """The releases below `home`, newest first; nothing of them that covers a secret.

    `created` is in seconds since the epoch; `size` is what its folder takes on the disk, in bytes, without the virtual
    environment, which releases share.
    """
    releases = Releases(home)
    current = releases.current
    return [
        {
            "id": record.id,
            "created": record.created,
            "who": record.who,
            "commit": record.commit,
            "dirty": record.dirty,
            "state": record.state,
            "current": current is not None and record.id == current.id,
            "previous": record.previous,
            "reason": record.reason,
            "traffic": record.traffic,
            "size": _size(releases.path(record.id)),
        }
        for record in releases.all()
    ]


def _size(folder: str) -> int:
    """What a folder takes on the disk (bytes); links are not followed."""
    return sum(_taken(f"{path}/{name}") for path, _, names in os.walk(folder) for name in (".", *names))


def _taken(path: str) -> int:
    try:
        return os.lstat(path).st_blocks * 512
    except FileNotFoundError:  # it is being removed while we look
        return 0
