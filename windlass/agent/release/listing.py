"""An app's releases as a user is shown them, for `deploy.py releases`."""

from __future__ import annotations

from typing import Any

from windlass.agent.release import space
from windlass.agent.release.records import Releases


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
            "size": space.taken(releases.path(record.id)),
        }
        for record in releases.all()
    ]
