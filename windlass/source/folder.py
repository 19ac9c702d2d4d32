"""An app's code in a folder of this machine."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from windlass.errors import SourceError
from windlass.source import git
from windlass.source.ignore import Rules, is_ignored_always, without_ignored
from windlass.source.tree import Entry, Tree

if TYPE_CHECKING:
    from collections.abc import Iterator


def read(folder: Path, label: str) -> tuple[Tree, str | None, bool]:
    """The files that make up the app, the commit they are at (None = not in git), and whether they differ from it.

    Those are the files that git knows or would add, else those that no `.gitignore` leaves out; `.deployignore` at the
    top leaves out more.
    """
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "there is no such folder"
        raise SourceError(
            f"{label}: {what} ({folder})",
            hint="`source` is a folder relative to the one with deploy.py, or a git URL.",
        )
    listed = git.files(folder)
    paths = without_ignored(_walk(folder) if listed is None else listed)
    rules = _deployignore(folder)
    kept = (path for path in paths if not rules.leave_out(path))
    tree = Tree(label, [entry for path in kept if (entry := _entry(folder, path)) is not None])
    commit, dirty = (None, False) if listed is None else git.state(folder)
    return tree, commit, dirty


def _deployignore(folder: Path) -> Rules:
    """The rules of `.deployignore`; one that leaves out a folder leaves out what is in it."""
    rules = Rules()
    try:
        rules.add("", (folder / ".deployignore").read_text())
    except FileNotFoundError:
        pass
    return rules


def _walk(top: Path) -> Iterator[str]:
    rules = Rules()
    for place, folders, files in os.walk(top):
        here = os.path.relpath(place, top).replace(os.sep, "/")
        prefix = "" if here == "." else f"{here}/"
        if ".gitignore" in files:
            rules.add(prefix.rstrip("/"), Path(place, ".gitignore").read_text(errors="replace"))
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        folders[:] = [
            name
            for name in folders
            if name not in links
            and not is_ignored_always(name)
            and not os.path.exists(os.path.join(place, name, "pyvenv.cfg"))
            and not rules.leave_out(prefix + name, is_folder=True)
        ]
        yield from (prefix + name for name in (*files, *links) if not rules.leave_out(prefix + name))


def _entry(folder: Path, path: str) -> Entry | None:
    """A file or link; None for what is neither, or what git lists but is no longer there."""
    file = folder / path
    try:
        status = file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISLNK(status.st_mode):
        return Entry(path, 0, False, bytes, os.readlink(file))
    if not stat.S_ISREG(status.st_mode):
        return None
    return Entry(path, status.st_size, bool(status.st_mode & stat.S_IXUSR), file.read_bytes)
