"""The releases of an app on a host: their folders, their records, which one is current, which may go."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from windlass.agent import files
from windlass.agent.failures import Failed
from windlass.agent.release.environment import Environment

RECORD = "release.json"
# Folders that are being filled or emptied have names that no release has, so that a half one is never taken for one.
FILLING, EMPTYING = ".new-", ".old-"

NEW, GOOD, FAILED = "new", "good", "failed"


@dataclass
class Record:
    """What is known of a release; kept in its folder, for root alone, as the hash covers the environment too.

    `identity` is the hash of all that it runs, `code` names code and requirements; `static`, `data` and
    `release_command` are as Release has them. `state` is new until traffic went to it and it stayed healthy; `previous`
    is the release it took over from ("" = none); `created` is in seconds since the epoch, `who` deployed it, `reason`
    says why it failed; `secret` are the names of secret variables. `traffic` is what visitors met when it took over
    (see Visitors; {} = unknown).
    """

    id: str
    identity: str
    code: str
    venv: str
    created: int
    static: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    release_command: str = ""
    state: str = NEW
    commit: str | None = None
    dirty: bool = False
    previous: str = ""
    reason: str = ""
    who: str = ""
    health_path: str = ""
    secret: list[str] = field(default_factory=list)
    traffic: dict[str, Any] = field(default_factory=dict)


class Releases:
    """The folder `HOME/releases` of an app, and the link `HOME/current` into it."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.folder = f"{home}/releases"

    def path(self, release: str) -> str:
        """The folder of a release."""
        return f"{self.folder}/{release}"

    @property
    def current(self) -> Record | None:
        """The release that gets the traffic; None = none."""
        try:
            return self.record(os.path.basename(os.readlink(f"{self.home}/current")))
        except FileNotFoundError:
            return None

    @property
    def runnable(self) -> Record | None:
        """The release in which commands run: the current one; before there is any, the newest, which has failed."""
        return self.current or next(iter(self.all()), None)

    def undamaged_current(self) -> Record | None:
        """The same; raises Failed if a release has the traffic and nothing is known of it: that is not none."""
        current = self.current
        if current is None and os.path.isdir(f"{self.home}/current"):
            raise Failed(
                f"{os.path.realpath(self.home)}/current/{RECORD} cannot be read, so it is not known what serves",
                hint="Put it back, e.g. from a backup, or remove the link `current` and deploy anew.",
            )
        return current

    def point_to(self, release: str) -> None:
        """Gives the traffic to a release, or to none (`""`), in one step."""
        if release:
            files.link(f"{self.home}/current", f"releases/{release}")
        else:
            os.unlink(f"{self.home}/current")

    def record(self, release: str) -> Record | None:
        """What is known of a release; None = it is not there, or its record cannot be read."""
        try:
            with open(f"{self.path(release)}/{RECORD}", encoding="utf-8") as file:
                known: dict[str, Any] = json.load(file)
            names = {each.name for each in fields(Record)}
            return Record(**{name: value for name, value in known.items() if name in names})
        except (OSError, ValueError, TypeError):
            return None

    def environment(self, record: Record) -> Environment:
        """The environment of a release; nothing, where somebody has removed its file or written something else."""
        try:
            with open(f"{self.path(record.id)}/env", "rb") as file:
                return Environment.from_file(file.read(), frozenset(record.secret))
        except (FileNotFoundError, UnicodeDecodeError):
            return Environment({}, frozenset())

    def save(self, record: Record, folder: str = "") -> None:
        """Writes a release's record, to another folder while its own is being filled."""
        data = json.dumps(asdict(record), indent=1).encode() + b"\n"
        files.write(f"{folder or self.path(record.id)}/{RECORD}", data, mode=0o600)

    def all(self) -> list[Record]:
        """The records of all releases, newest first."""
        return [record for name in self._names(reverse=True) if (record := self.record(name)) is not None]

    def strays(self) -> list[str]:
        """Folders that are no releases: half made, half removed, or without a record."""
        return [name for name in self._names() if name.startswith(".") or self.record(name) is None]

    def venvs(self) -> set[str]:
        """The virtual environments that are there, by path."""
        folder = f"{self.home}/venvs"
        return {f"{folder}/{name}" for name in os.listdir(folder)} if os.path.isdir(folder) else set()

    def remove(self, release: str) -> None:
        """Removes a release's folder; cut off in between, it leaves what `strays` finds."""
        if not release.startswith("."):
            emptying = f"{EMPTYING}{release}"
            os.rename(self.path(release), self.path(emptying))
            release = emptying
        shutil.rmtree(self.path(release))

    def _names(self, *, reverse: bool = False) -> list[str]:
        return sorted(os.listdir(self.folder), reverse=reverse) if os.path.isdir(self.folder) else []


def before(current: Record, records: list[Record]) -> list[Record]:
    """The good releases that are older than the current one: first the one it took over from, which may be older than
    one that was taken back, then the others in the order of `records`."""
    older = [record for record in records if record.state == GOOD and record.id < current.id]
    return sorted(older, key=lambda record: record.id != current.previous)


def doomed(records: list[Record], current: Record | None, keep: int) -> list[Record]:
    """The releases to remove: all that never became good, and good ones beyond the newest `keep`.

    `records` come newest first. Never among them: the current release, the one before it, the newest good one, and a
    failed one that nothing has followed yet, for there is something to be learnt from it.
    """
    good = [record for record in records if record.state == GOOD]
    kept = {record.id for record in good[: max(keep, 1)]}
    if current:
        kept |= {current.id, current.previous}
        # Going back to an old release does not age those that came after it.
        kept |= {record.id for record in before(current, records)[:1]}
    newest = records[0] if records else None
    if newest and newest.state == FAILED:
        kept.add(newest.id)
    return [record for record in records if record.id not in kept]
