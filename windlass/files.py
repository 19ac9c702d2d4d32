"""[H] Writing files so that a reader, or a power cut, meets the old content or the new, never something between."""

from __future__ import annotations

import os
import tempfile


def write(path: str, data: bytes, *, mode: int = 0o644, uid: int = 0, gid: int = 0) -> None:
    """Replaces a file by one with this content, mode and owner, in one rename."""
    folder = os.path.dirname(path)
    handle, temporary = tempfile.mkstemp(prefix=".windlass-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchown(file.fileno(), uid, gid)
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    _sync_folder(folder)


def link(path: str, target: str) -> None:
    """Points a symbolic link at `target` in one rename; there is no moment without a link."""
    temporary = tempfile.mktemp(prefix=".windlass-", dir=os.path.dirname(path))  # noqa: S306 - symlink(2) never overwrites
    os.symlink(target, temporary)
    try:
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    _sync_folder(os.path.dirname(path))


def _sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
