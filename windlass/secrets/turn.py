"""Who changes secrets has them alone: a second one waits for its turn."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from windlass.secrets.shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Holds a folder against others who hold it; waits for them, and says so. The end of this process frees it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            click.echo(f"{shown(folder)} is being changed by another command, perhaps an open edit: waiting", err=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError:  # NFS holds no folders: there, users mind each other themselves
            pass
        yield
    finally:
        os.close(handle)
