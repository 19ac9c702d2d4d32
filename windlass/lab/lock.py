"""One at a time: commands of one lab, and builders of one image."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from windlass.lab.engine import Say


@contextmanager
def locked(file: Path, say: Say, other: str) -> Iterator[None]:
    """Hold the lock of a file, made with its folder if missing; waits for who has it, saying it is `other`."""
    while True:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with file.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say(f"waiting for {other}")
                fcntl.flock(lock, fcntl.LOCK_EX)
            # Whoever had it may have removed the file (`lab down`): then it is no lock any more.
            if file.exists() and os.path.samestat(os.fstat(lock.fileno()), file.stat()):
                yield
                return
