"""An app's code in a folder of this machine."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from windlass.errors import SourceError
from windlass.source import work_tree
from windlass.source.contents import Contents
from windlass.source.ignore import Rules, is_ignored_always
from windlass.source.lying import lying

if TYPE_CHECKING:
    from collections.abc import Iterator


def contents(folder: Path, label: str) -> Contents:
    """The files that make up the app: those that git knows or would add, else those that no `.gitignore` leaves out.

    Raises SourceError.
    """
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "there is no such folder"
        raise SourceError(
            f"{label}: {what} ({folder})",
            hint="`source` is a folder relative to the one with deploy.py, or a git URL.",
        )
    return work_tree.contents(folder, label) or _without_git(folder, label)


def _without_git(folder: Path, label: str) -> Contents:
    found = Contents(label, {})
    for path in _walk(folder):
        found.found[path] = partial(lying, folder / path, path, label)
    return found


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
