"""[H] Writing files so that a reader, or a power cut, meets the old content or the new, never something between."""

from __future__ import annotations

import os

# tempfile would cost 7 ms to import; nobody else's file has such a name, and O_EXCL refuses one that is there.
EXCLUSIVE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write(path: str, data: bytes, *, mode: int = 0o644, uid: int = 0, gid: int = 0) -> None:
    """Replaces a file by one with this content, mode and owner, in one rename."""
    temporary = _fresh(path)
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
    temporary = _fresh(path)
    os.symlink(target, temporary)
    try:
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    _sync_folder(path)


def beside(path: str, what: str) -> str:
    """A hidden name in the same folder; always the same one, so that what a crash left there is found again."""
    folder, name = os.path.split(path)
    return f"{folder}/.windlass-{what}-{name}"


def _sync_folder(path: str) -> None:
    handle = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _fresh(path: str) -> str:
    """The name for what will replace `path`; what has it now is a crashed run's, for there is one run at a time."""
    temporary = beside(path, "new")
    try:
        os.unlink(temporary)
    except FileNotFoundError:
        pass
    return temporary
