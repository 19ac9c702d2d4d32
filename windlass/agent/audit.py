"""Who did what on this host, and what came of it: written down on the host, for root alone."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time
from typing import TYPE_CHECKING, Any

from windlass.agent import files
from windlass.agent.facts import ssh_connection
from windlass.agent.messages.checked import Malformed, checked
from windlass.agent.messages.documents import RunEntry
from windlass.agent.release.records import Releases

if TYPE_CHECKING:
    from types import TracebackType

    from windlass.agent.machine import Machine
    from windlass.agent.messages.requests import Converge, RunProgram

FOLDER = "/var/log/windlass"
FILE = "audit.jsonl"
# A larger file is put aside, in place of the one put aside before (bytes).
LARGEST = 4 * 1024 * 1024

UNFINISHED = "unfinished"


class Audit:
    """The file `audit.jsonl` in `folder`. A run has a line from its beginning, and a whole one more from its end.

    `{"run": id, "time": when it began, "who", "login": the user, "from": the client's address or None, "command",
    "ended": when or None, "result": done, failed, refused, interrupted or unfinished, "changed": count, "failed":
    count, "failures": names of resources, "status": exit status of the program that `run` ran, else None, "seconds",
    "apps": {name: {"from": release or None, "to": the same}}}`
    Times are UTC, ISO 8601. There is nothing in it that could be a secret: no message, diff, output or argument.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.path = f"{folder}/{FILE}"

    def append(self, entry: dict[str, Any]) -> None:
        """Adds a line by one write(2); raises OSError when that cannot be, and reading skips the half line it left."""
        files.own_folder(self.folder)
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            # `run` takes no Lock, so several may be here at once; the folder stays what it is when the file is renamed.
            fcntl.flock(folder, fcntl.LOCK_EX)
            self._put_aside()
            self._write(entry)
        finally:
            os.close(folder)

    def runs(self, count: int, app: str | None = None) -> list[RunEntry]:
        """The newest `count` runs, oldest first; with `app`, those that were about it."""
        found: dict[str, RunEntry] = {}
        # First the newer file, which may be put aside meanwhile: then it is read twice, and not missed.
        newer = _entries(self.path)
        for entry in [*_entries(f"{self.path}.1"), *newer]:
            if app is None or app in entry["apps"]:
                found[entry["run"]] = entry
        return list(found.values())[-count:]

    def _put_aside(self) -> None:
        try:
            if os.lstat(self.path).st_size > LARGEST:
                os.rename(self.path, f"{self.path}.1")
        except FileNotFoundError:
            pass

    def _write(self, entry: dict[str, Any]) -> None:
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(file).st_size
            cut_off = size > 0 and os.pread(file, 1, size - 1) != b"\n"
            line = (b"\n" if cut_off else b"") + json.dumps(entry).encode() + b"\n"
            if os.write(file, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(file)


class Account:
    """One run's way into the audit: a context that writes down its beginning and its end.

    The block puts into `tally` the names of resources by what became of them, or into `status` the exit status of the
    one command that it ran. A disk that is full or read-only stops no run: the user is told.

    The request has `who` and `command`, and a `catalog`, or the `app` it is about.
    """

    def __init__(self, machine: Machine, request: Converge | RunProgram) -> None:
        self.tally: dict[str, list[str]] = {}
        self.status: int | None = None
        self._machine = machine
        self._audit = Audit(request.get("log", FOLDER))
        self._homes = request.get("homes", "/srv")
        about = [entry["app"] for entry in request["catalog"]] if request["type"] == "converge" else [request["app"]]
        self._apps = sorted({app for app in about if app})
        self._request = request

    def __enter__(self) -> Account:
        self._start = time.monotonic()
        self._before = {app: self._release(app) for app in self._apps}
        self._entry = {
            "run": os.urandom(8).hex(),
            "time": _now(),
            "who": self._request["who"],
            "login": os.environ.get("SUDO_USER") or "root",
            "from": client_address(),
            "command": self._request["command"],
        }
        self._write(UNFINISHED)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._machine.aborted.is_set():
            result = "interrupted"
        elif error is not None:
            result = "refused"
        else:
            result = "failed" if self.tally.get("failed") or self.status else "done"
        self._write(result)

    def _write(self, result: str) -> None:
        ended = result != UNFINISHED
        failures = self.tally.get("failed", [])
        outcome = {
            "ended": _now() if ended else None,
            "result": result,
            "changed": len(self.tally.get("changed", [])),
            "failed": len(failures),
            "failures": failures,
            "status": self.status,
            "seconds": round(time.monotonic() - self._start, 1),
            "apps": {
                app: {"from": before, "to": self._release(app) if ended else before}
                for app, before in self._before.items()
            },
        }
        try:
            self._audit.append({**self._entry, **outcome})
        except OSError as trouble:
            what = "end" if ended else "beginning"
            text = f"the {what} of this run is not in the audit: {trouble.strerror}: {self._audit.path}"
            self._machine.tell({"type": "warning", "text": text})

    def _release(self, app: str) -> str | None:
        try:
            current = Releases(f"{self._homes}/{app}").current
        except OSError:
            return None
        return current.id if current else None


def client_address() -> str | None:
    """Where the SSH connection comes from; None = not over SSH, or it cannot be known."""
    connection = ssh_connection()
    return connection[0] if connection else None


def _entries(path: str) -> list[RunEntry]:
    """The lines of a file that are entries; others were cut off, or are damaged."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            found = [_entry(line) for line in file]
    except FileNotFoundError:
        return []
    return [entry for entry in found if entry is not None]


def _entry(line: str) -> RunEntry | None:
    try:
        # Older entries have no status.
        entry: RunEntry = checked(RunEntry, {"status": None, **json.loads(line)})
    except (ValueError, TypeError, RecursionError, Malformed):
        return None
    return entry


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
