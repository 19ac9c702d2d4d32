"""Files: told apart by their digest, and written so that a reader or a power cut meets the old or the new.

And so that nobody but root can have root write elsewhere: no link is followed that somebody else could have planted.
"""

from __future__ import annotations

import hashlib
import os
import stat

from windlass.agent.failures import Failed

# tempfile would cost 7 ms to import; nobody else's file has such a name, and O_EXCL refuses one that is there.
# As many links follow each other for the kernel (path_resolution(7)).
MOST_LINKS = 40
EXCLUSIVE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def digest(path: str) -> str | None:
    """The sha256 (hex) of what is in a file; None = it is not there."""
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except FileNotFoundError:
        return None


def write(path: str, data: bytes, *, mode: int = 0o644, uid: int = 0, gid: int = 0) -> None:
    """Replaces a file by one with this content, mode and owner, in one rename; raises Failed as `check` does."""
    check(os.path.dirname(path))
    replace(path, data, mode=mode, uid=uid, gid=gid)


def replace(path: str, data: bytes, *, mode: int = 0o644, uid: int = -1, gid: int = -1) -> None:
    """The same wherever the folder is, for a user's own files; uid and gid -1 = those of who writes it."""
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
    """Points a symbolic link at `target` in one rename, with no moment without; raises Failed as `check` does."""
    check(os.path.dirname(path))
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


def check(folder: str) -> None:
    """Raises Failed if somebody but root could put something else, such as a link to /etc, in the place of a folder."""
    ways = [os.path.abspath(folder)]
    for way in ways:  # which grows by where links lead to
        while way != "/":
            parent = os.path.dirname(way)
            if os.path.islink(way) and len(ways) < MOST_LINKS:
                ways.append(os.path.abspath(os.path.join(os.path.realpath(parent), os.readlink(way))))
            # A link's own mode says nothing, and what it leads to is a way of its own.
            if not os.path.islink(parent) and _may_be_replaced(os.lstat(way), os.lstat(parent)):
                raise Failed(
                    f"nothing is written to {folder}: others than root could replace {way}",
                    hint=f"{parent} has to be root's own: chown root {parent}; chmod go-w {parent}",
                )
            way = parent
    real = os.path.realpath(folder)
    if real not in ways:
        check(real)


def own_folder(path: str) -> None:
    """Makes a folder for root alone, or makes sure that it is one; raises Failed if it belongs to another."""
    os.makedirs(path, mode=0o700, exist_ok=True)
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(handle).st_uid != os.geteuid():
            raise Failed(f"{path} belongs to somebody else", hint="Find out who made it, and move it away.")
        os.fchmod(handle, 0o700)
    finally:
        os.close(handle)


def trouble(error: OSError, name: str = "") -> str:
    """The system's words, and the file they are about, or else `name`."""
    about = error.filename or name
    return f"{error.strerror or error}: {about}" if about else str(error.strerror or error)


def _may_be_replaced(status: os.stat_result, parent: os.stat_result) -> bool:
    """Whether others than root can rename or remove what has this status, for they may write to its parent."""
    trusted = (0, os.geteuid())
    shared = parent.st_mode & stat.S_IWOTH or (parent.st_mode & stat.S_IWGRP and parent.st_gid != 0)
    kept = parent.st_mode & stat.S_ISVTX and status.st_uid in trusted
    return parent.st_uid not in trusted or bool(shared and not kept)


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
