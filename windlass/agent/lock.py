"""One run per host: a lock that the kernel frees when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import suppress
from typing import Any, Callable

from windlass.agent import files
from windlass.agent.failures import Failed


class Lock:
    """An flock(2) on a file in `folder` that also says who holds it; held until this process ends.

    Raises Failed while another run holds it, with who, since when and what. One that was interrupted, and only finishes
    what it had begun, is waited for: `wait` is called with words of it, again and again.
    """

    def __init__(self, folder: str, who: str, command: str, wait: Callable[[str], None]) -> None:
        files.own_folder(folder)
        path = f"{folder}/lock"
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        os.fchmod(self._file, 0o600)
        while not self._take():
            record = os.pread(self._file, 4096, 0)
            finishing = _finishing(record)
            if not finishing:
                hint = "Run again when that has ended; a run that has crashed holds nothing."
                raise Failed(_described(record), hint=hint)
            wait(finishing)
        self._holder = {"who": who, "command": command, "since": int(time.time()), "pid": os.getpid()}
        try:
            os.ftruncate(self._file, 0)
            self._write()
        except OSError as error:  # a full disk, and it does not say of which file
            raise OSError(error.errno, error.strerror, path) from None

    def finishing(self, what: str) -> None:
        """Notes that this run is over but for what still has to end; on a full disk nobody hears of it."""
        self._holder["finishing"] = what
        with suppress(OSError):
            self._write()

    def _take(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _write(self) -> None:
        record = json.dumps(self._holder).encode()
        os.pwrite(self._file, record, 0)
        os.ftruncate(self._file, len(record))


def _finishing(record: bytes) -> str:
    """What the holder of the lock still waits for after its run was interrupted; empty = it goes on with its run."""
    try:
        holder: dict[str, Any] = json.loads(record)
        return f"{holder['who']}'s `{holder['command']}` was interrupted: {holder['finishing']}"
    except (ValueError, KeyError, TypeError):
        return ""


def _described(record: bytes) -> str:
    try:
        holder: dict[str, Any] = json.loads(record)
        seconds = max(0, int(time.time()) - int(holder["since"]))
        start = time.strftime("%H:%M:%S UTC", time.gmtime(holder["since"]))
        return f"{holder['who']} runs `{holder['command']}` here since {start} ({seconds} s, pid {holder['pid']})"
    except (ValueError, KeyError, TypeError):
        return "another run holds the lock"
