"""A log file of nginx, with those it was rotated into; read backwards, then followed."""

from __future__ import annotations

import calendar
import glob
import gzip
import os
import re
import time
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader

    from windlass.agent.logs.line import Wanted
    from windlass.agent.messages.answers import LogEntry

BLOCK = 64 * 1024
# A line that has not ended after this many bytes is taken as it is.
LONGEST = 1024 * 1024

CLOCK = "%Y/%m/%d %H:%M:%S"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ACCESS = re.compile(r"\[(\d\d)/(\w{3})/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d{4})\] ?")
_ERROR = re.compile(r"(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(\w+)\] ")
_STATUS = re.compile(r'" (\d{3}) ')
PRIORITIES = {"emerg": 0, "alert": 1, "crit": 2, "error": 3, "warn": 4, "notice": 5, "info": 6, "debug": 7}
KINDS = ("access", "error")


class LogFile:
    """`/var/log/nginx/APP.KIND.log`; `kind` is access or error. It, or an older one, need not be there."""

    def __init__(self, app: str, kind: str, folder: str = "/var/log/nginx") -> None:
        self.app, self.kind = app, kind
        self.path = f"{folder}/{app}.{kind}.log"
        self._file = _opened(self.path)
        self._read = os.fstat(self._file.fileno()).st_size if self._file else 0
        self._rest = b""

    def close(self) -> None:
        """Follows no longer."""
        if self._file:
            self._file.close()

    def before(self, wanted: Wanted) -> list[LogEntry]:
        """The wanted lines that were there when this was made, newest first."""
        found: list[LogEntry] = []
        for texts in self._parts() if wanted.count else ():
            moment = time.time()
            for text in texts:
                line = self._line(text, moment)
                moment = line["time"]
                if moment < wanted.since:
                    return found
                if wanted.matches(line):
                    found.append(line)
                    if len(found) >= wanted.count:
                        return found
        return found

    def fresh(self, wanted: Wanted) -> Iterator[LogEntry]:
        """The wanted lines that came since `before`, or since this was asked last, be the file rotated meanwhile."""
        for text in self._fresh():
            line = self._line(text, time.time())
            if wanted.matches(line):
                yield line

    def _parts(self) -> Iterator[Iterator[bytes]]:
        """The lines of this file, newest first, then those of the ones before it."""
        if self._file:
            yield backwards(self._file, self._read)
        rotated = [path for path in glob.glob(f"{self.path}.*") if _number(path)]
        for path in sorted(rotated, key=_number):
            file = _opened(path)
            if not file:
                continue
            with file:
                if path.endswith(".gz"):
                    with gzip.open(file) as unpacked:
                        # Packed ones are read forwards; of the largest the end alone, or it would fill the memory.
                        yield reversed(deque(unpacked, maxlen=100_000))
                else:
                    yield backwards(file, os.fstat(file.fileno()).st_size)

    def _fresh(self) -> Iterator[bytes]:
        while True:
            if self._file:
                self._file.seek(self._read)
                while data := self._file.read(BLOCK):
                    self._read += len(data)
                    *texts, self._rest = (self._rest + data).split(b"\n")
                    yield from texts
                    self._rest = self._rest[:LONGEST]
            newer = _opened(self.path)
            if newer is None:
                return
            size = os.fstat(newer.fileno()).st_size
            same = self._file is not None and os.path.sameopenfile(newer.fileno(), self._file.fileno())
            # Rotated, nginx goes on with the old one for a moment: as long as nothing is in the new one.
            if size == 0 or (same and size >= self._read):
                newer.close()
                return
            if self._file:
                self._file.close()
            self._file, self._read, self._rest = newer, 0, b""

    def _line(self, text: bytes, moment: float) -> LogEntry:
        """A line of the file; `moment` is its time where it does not say."""
        words = text.decode(errors="replace").rstrip("\n")
        priority = 6
        if self.kind == "access" and (found := _ACCESS.search(words)):
            moment = _access_time(found[0])
            words = words[: found.start()] + words[found.end() :]
            status = _STATUS.search(words)
            priority = 3 if status and status[1] >= "500" else 6
        elif found := _ERROR.match(words):
            moment, priority = _error_time(found[1]), PRIORITIES.get(found[2], 6)
            words = f"{found[2]}: {words[found.end() :]}"
        told = {"time": moment, "app": self.app, "source": self.kind, "priority": priority, "text": words}
        return cast("LogEntry", told)


def backwards(file: BufferedReader, size: int) -> Iterator[bytes]:
    """The lines in the first `size` bytes of a file, the last one first."""
    rest = b""
    while size:
        step = min(BLOCK, size)
        size -= step
        file.seek(size)
        rest, *texts = (file.read(step) + rest).split(b"\n")
        yield from (text for text in reversed(texts) if text)
    if rest:
        yield rest


def _opened(path: str) -> BufferedReader | None:
    try:
        return open(path, "rb")
    except FileNotFoundError:
        return None


def _number(path: str) -> int:
    """Of `shop.access.log.2.gz` 2; 0 = this is no rotated file."""
    found = re.search(r"\.(\d+)(\.gz)?$", path)
    return int(found[1]) if found else 0


@lru_cache(maxsize=1024)
def _access_time(text: str) -> float:
    found = _ACCESS.match(text)
    assert found  # noqa: S101 - it was found by the same pattern
    day, month, year, clock, zone = found.groups()
    offset = (int(zone[1:3]) * 60 + int(zone[3:])) * 60 * (-1 if zone[0] == "-" else 1)
    number = MONTHS.index(month) + 1 if month in MONTHS else 1
    return calendar.timegm(time.strptime(f"{year}/{number}/{day} {clock}", CLOCK)) - offset


@lru_cache(maxsize=1024)
def _error_time(text: str) -> float:
    """nginx writes the host's own time here."""
    return time.mktime(time.strptime(text, CLOCK))
