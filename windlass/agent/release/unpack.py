"""Unpacking code that came as an archive, into a fresh folder that only root can write to."""

from __future__ import annotations

import io
import os
import posixpath
import tarfile
from typing import TYPE_CHECKING

from windlass.agent.failures import Failed

if TYPE_CHECKING:
    from collections.abc import Sequence


def unpack(archive: bytes, folder: str, modified: int) -> None:
    """Fills the new `folder`, still for root alone.

    `modified` (seconds since the epoch) becomes every file's time: caches of visitors compare it. Only files, and links
    that stay inside, come out of an archive, and nothing is written through a link; raises Failed otherwise.
    """
    os.mkdir(folder, mode=0o700)
    links = []
    made = {""}
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as members:
        for member in members:
            path = _safe(member.name)
            _make_folders(folder, posixpath.dirname(path), made)
            if member.issym():
                links.append((path, member.linkname))
                continue
            content = members.extractfile(member) if member.isreg() else None
            if content is None:
                raise Failed(f"the archive has {path}, which is neither a file nor a link")
            with open(f"{folder}/{path}", "xb") as file:
                file.write(content.read())
            os.chmod(f"{folder}/{path}", 0o700 if member.mode & 0o100 else 0o600)
            os.utime(f"{folder}/{path}", (modified, modified))
    # Last, so that no file can be written through one.
    for path, target in links:
        os.symlink(_target(path, target), f"{folder}/{path}")


def grant(folder: str, group: int, public: Sequence[str]) -> None:
    """Lets `group` read an unpacked folder, and everybody what is below its `public` folders."""
    for place, _, names in os.walk(folder):
        inner = os.path.relpath(place, folder)
        served = any(f"{inner}/".startswith(f"{each}/") for each in public)
        os.chown(place, 0, group)
        # A folder on the way to a public one can be passed, not listed.
        os.chmod(place, 0o755 if served else 0o751)
        for name in names:
            path = f"{place}/{name}"
            os.chown(path, 0, group, follow_symlinks=False)
            if not os.path.islink(path):
                executable = bool(os.stat(path).st_mode & 0o100)
                os.chmod(path, 0o640 | (0o110 if executable else 0) | (0o004 if served else 0))


def _safe(name: str) -> str:
    """A path from an archive, if it is inside."""
    if name.startswith("/") or posixpath.normpath(name) != name or name.split("/")[0] == "..":
        raise Failed(f"the archive has the unsafe path {name!r}")
    return name


def _target(path: str, target: str) -> str:
    """Where a link leads, if that is inside; `..` only at the front, where no other link can be below it."""
    climbed = target
    climbs = 0
    while climbed == ".." or climbed.startswith("../"):
        climbed = climbed[3:]
        climbs += 1
    if target.startswith("/") or climbs > path.count("/") or ".." in climbed.split("/"):
        raise Failed(f"the archive has the link {path!r}, which leads outside")
    return target


def _make_folders(folder: str, path: str, made: set[str]) -> None:
    if path not in made:
        _make_folders(folder, posixpath.dirname(path), made)
        os.mkdir(f"{folder}/{path}", mode=0o700)
        made.add(path)
