"""[H] One run per host: a lock that the kernel frees when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import time
from typing import Any

from windlass import files
from windlass.machine import Failed


class Lock:
    """An flock(2) on a file in `folder` that also says who holds it; held until this process ends.

    Raises Failed while another run holds it, with who, since when and what.
    """

    def __init__(self, folder: str, who: str, command: str) -> None:
        files.own_folder(folder)
        path = f"{folder}/lock"
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        os.fchmod(self._file, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _described(os.read(self._file, 4096))
            raise Failed(holder, hint="Run again when that has ended; a run that has crashed holds nothing.") from None
        own = {"who": who, "command": command, "since": int(time.time()), "pid": os.getpid()}
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, json.dumps(own).encode(), 0)
        except OSError as error:  # a full disk, and it does not say of which file
            raise OSError(error.errno, error.strerror, path) from None


def _described(record: bytes) -> str:
    try:
        holder: dict[str, Any] = json.loads(record)
        seconds = max(0, int(time.time()) - int(holder["since"]))
        start = time.strftime("%H:%M:%S UTC", time.gmtime(holder["since"]))
        return f"{holder['who']} runs `{holder['command']}` here since {start} ({seconds} s, pid {holder['pid']})"
    except (ValueError, KeyError, TypeError):
        return "another run holds the lock"
