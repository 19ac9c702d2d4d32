"""What test sessions that were killed have left: the next one finds it by who holds its lock, and takes it away."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING

from windlass import lab as labs
from windlass.lab import containers, engine, image
from windlass.lab.lock import locked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.lab.engine import Engine

ALIVE = "session.lock"
# The label of an image that belongs to a test run: the run's folder.
IMAGE_OF = "windlass.tests"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """What belongs to the folder is in use, by nobody else."""
    with (folder / ALIVE).open("w") as alive:
        fcntl.flock(alive, fcntl.LOCK_EX)
        yield


@contextmanager
def held_together(folder: Path) -> Iterator[None]:
    """What belongs to the folder is in use, perhaps by others as well."""
    with (folder / ALIVE).open("w") as alive:
        fcntl.flock(alive, fcntl.LOCK_SH)
        yield


def remove_abandoned() -> None:
    """Take away what nobody holds any more: labs, and then images of test runs of which no worker is left."""
    with locked(image.cache_folder() / "tests.lock", print, "another test run that looks for what is abandoned"):
        for found in engine.working():
            _remove_labs(found)
            _remove_images(found)


def _remove_labs(found: Engine) -> None:
    """Those of which nobody holds the lock, or whose folder is gone."""
    for folder in containers.folders(found):
        lock = folder.parent.parent / ALIVE
        lost = not folder.exists() and folder.is_relative_to(gettempdir())
        if lost or (lock.exists() and _is_free(lock)):
            labs.down(folder, say=print)


def _remove_images(found: Engine) -> None:
    listed = found.run("images", "--filter", f"label={IMAGE_OF}", "--format", "{{.Repository}}:{{.Tag}}")
    form = f'{{{{index .Config.Labels "{IMAGE_OF}"}}}}'
    for tag in listed.split():
        lock = Path(found.run("image", "inspect", "--format", form, tag).strip()) / ALIVE
        if not lock.exists() or _is_free(lock):
            found.run("rmi", tag)


def _is_free(lock: Path) -> bool:
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
