"""What was last applied to the host, so that a difference can be told: made by hand, by the inventory, or both."""

from __future__ import annotations

import json
import os
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from windlass.agent import files
from windlass.agent.resources.resource import compare

if TYPE_CHECKING:
    from collections.abc import Iterable

    from windlass.agent.resources.resource import Resource, State

BY_HAND, PENDING, CONFLICT = "changed by hand", "pending", "conflict"

# Of each value so much is kept: enough to tell whether it is another one (once in 65,536 times it is not seen, and then
# a difference is only named wrongly), and too little to guess a secret by, whatever else is known (bytes).
TAG = 2
SALT = 16

Tags = dict[str, str]


class Applied:
    """Tags of the attributes that each resource had when it was last in order, on disk in `folder`.

    A tag is a few bytes of a hash, keyed by a salt of this host. A record that cannot be read counts as none: it only
    serves to name differences, which are found without it.
    """

    def __init__(self, folder: str) -> None:
        self._path = f"{folder}/applied.json"
        try:
            with open(self._path, encoding="utf-8") as file:
                self._salt, self._records = _parsed(file.read())
        except (FileNotFoundError, ValueError):
            self._salt, self._records = os.urandom(SALT), {}
        self._known = self._saved = bool(self._records)
        self._before: dict[str, Tags | None] = {}  # records of what this run has applied

    def drift(self, resource: Resource, desired: State, actual: State) -> str | None:
        """How a difference came about; None = there is none that somebody made, or nothing was ever recorded here."""
        wanted, found = resource.lasting(desired), resource.lasting(actual)
        differing = compare(wanted, found)
        if not differing or not self._known:
            return None
        record = self._records.get(resource.subject)
        if record is None:
            return PENDING
        before, after = self._tags(resource.subject, found), self._tags(resource.subject, wanted)
        # What was never applied, nobody has changed either.
        by_hand = any(record[name] != before.get(name) for name in ("exists", *differing) if name in record)
        pending = any(record.get(name) != after.get(name) for name in differing)
        return CONFLICT if by_hand and pending else BY_HAND if by_hand else PENDING

    def has_made(self, resource: Resource, actual: State) -> bool:
        """Whether what is there is what was last applied, by nobody else's hand."""
        record = self._records.get(resource.subject)
        found = self._tags(resource.subject, resource.lasting(actual))
        return record is not None and all(found.get(name) == tag for name, tag in record.items())

    def note(self, resource: Resource, desired: State) -> None:
        """Takes down that a resource is as desired."""
        tags = self._tags(resource.subject, resource.lasting(desired))
        if self._records.get(resource.subject) != tags:
            self._before.setdefault(resource.subject, self._records.get(resource.subject))
            self._records[resource.subject] = tags
            self._saved = False

    def take_back(self, paths: Iterable[str]) -> None:
        """Takes down that files are again as they were before this run."""
        for path in self._before.keys() & set(paths):
            record = self._before.pop(path)
            self._saved = False
            if record is None:
                del self._records[path]
            else:
                self._records[path] = record

    def save(self, only: Iterable[Resource] | None = None) -> None:
        """Writes what has changed; nothing, if nothing has. `only` drops all other resources, None = none."""
        kept = self._records.keys() if only is None else {resource.subject for resource in only}
        gone = self._records.keys() - kept
        for subject in gone:
            del self._records[subject]
        if self._saved and not gone:
            return
        os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
        document = json.dumps({"salt": self._salt.hex(), "applied": self._records}, separators=(",", ":"))
        files.write(self._path, document.encode(), mode=0o600, uid=os.geteuid(), gid=os.getegid())
        self._saved = True

    def _tags(self, subject: str, state: State) -> Tags:
        """A tag for each attribute of a state, and for whether there is one at all."""
        tags = {"exists": self._tag(subject, "exists", state is not None)}
        tags.update({name: self._tag(subject, name, value) for name, value in (state or {}).items()})
        return tags

    def _tag(self, subject: str, name: str, value: Any) -> str:
        # The same value elsewhere has another tag, so that two of them say nothing about each other.
        text = json.dumps([subject, name, value], sort_keys=True)
        return blake2b(text.encode(), digest_size=TAG, key=self._salt).hexdigest()


def _parsed(text: str) -> tuple[bytes, dict[str, Tags]]:
    """Salt and records; raises ValueError for anything else."""
    document = json.loads(text)
    if not isinstance(document, dict) or not isinstance(document.get("applied"), dict):
        raise ValueError
    records = document["applied"]
    if not all(isinstance(tags, dict) for tags in records.values()):
        raise ValueError
    salt = bytes.fromhex(str(document.get("salt")))
    if len(salt) != SALT:
        raise ValueError
    return salt, records
