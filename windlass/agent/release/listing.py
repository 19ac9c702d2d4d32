"""An app's releases as a user is shown them, for `deploy.py releases`."""

from __future__ import annotations

from windlass.agent.messages.checked import Malformed, checked
from windlass.agent.messages.documents import ReleaseEntry
from windlass.agent.release import space
from windlass.agent.release.records import Record, Releases


def listing(home: str) -> list[ReleaseEntry]:
    """The releases below `home`, newest first, but those whose record is damaged; nothing that covers a secret.

    `created` is in seconds since the epoch; `size` is what its folder takes on the disk, in bytes, without the virtual
    environment, which releases share.
    """
    releases = Releases(home)
    current = releases.current
    return [entry for record in releases.all() if (entry := _entry(releases, record, current)) is not None]


def _entry(releases: Releases, record: Record, current: Record | None) -> ReleaseEntry | None:
    entry = {
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
    try:
        whole: ReleaseEntry = checked(ReleaseEntry, entry)
    except Malformed:
        return None
    return whole
