"""[H] Writing files so that a reader, or a power cut, meets the old content or the new, never something between."""

from __future__ import annotations

import os

# tempfile would cost 7 ms to import; nobody else's file has this name, and O_EXCL refuses one that is there.
EXCLUSIVE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write(path: str, data: bytes, *, mode: int = 0o644, uid: int = 0, gid: int = 0) -> None:
    """Replaces a file by one with this content, mode and owner, in one rename."""
    temporary = _beside(path)
    with os.fdopen(os.open(temporary, EXCLUSIVE, 0o600), "wb") as file:
        try:
            file.write(data)
            file.flush()
            os.fchown(file.fileno(), uid, gid)
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
            os.rename(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    _sync_folder(path)


def link(path: str, target: str) -> None:
    """Points a symbolic link at `target` in one rename; there is no moment without a link."""
    temporary = _beside(path)
    os.symlink(target, temporary)
    try:
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    _sync_folder(path)


def _beside(path: str) -> str:
    """A name in the same folder, of this process; what a crashed one of the same number left is removed."""
    folder, name = os.path.split(path)
    temporary = f"{folder}/.windlass-{os.getpid()}-{name}"
    try:
        os.unlink(temporary)
    except FileNotFoundError:
        pass
    return temporary


def _sync_folder(path: str) -> None:
    handle = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
