"""Static folders, which nginx serves itself: it may read what is in them, and nothing else of the code.

A link out of such a folder to something else in the source is therefore replaced by what it leads to.
"""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

from windlass.errors import SourceError
from windlass.source.tree import MOST, Entry, TooManyFiles, Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MOST_LINKS = 40  # on one path, as for Linux


def with_static(tree: Tree, folders: Iterable[str]) -> Tree:
    """The source with these folders as nginx is to find them. Raises SourceError where it would find nothing."""
    entries = dict(tree.entries)
    for folder in folders:
        above = posixpath.dirname(folder)
        real = _followed(tree, folder)
        if above and real and _followed(tree, above) != above:
            raise SourceError(
                f"{tree.label}: {folder}, which `static` names, lies behind a link", hint=f"Write {real} instead."
            )
        if real is None or not tree.has_folder(real):
            raise SourceError(
                f"{tree.label}: there is no folder {folder}, which `static` names",
                hint="It must have a file in it, and not be ignored by .gitignore or .deployignore.",
            )
        entries.pop(folder, None)
        for entry in _copied(tree, real, folder, ()):
            entries[entry.path] = entry
            if len(entries) > MOST:
                raise TooManyFiles(tree.label)
    return Tree(tree.label, entries.values())


def _copied(tree: Tree, folder: str, place: str, within: tuple[str, ...]) -> Iterator[Entry]:
    """What is in a folder, as entries below `place`; `within` are the folders that links have led to on the way."""
    for path, entry in tree.entries.items():
        if not path.startswith(f"{folder}/"):
            continue
        name = place + path.removeprefix(folder)
        if entry.target is None:
            yield replace(entry, path=name)
            continue
        real = _followed(tree, path)
        if real is None or real in within or f"{folder}/".startswith(f"{real}/"):
            why = "in a circle" if real else f"to {entry.target}, which is not in the source"
            raise SourceError(
                f"{tree.label}/{path}: leads {why}, so that nginx could not serve it",
                hint="Remove the link, or list it in .deployignore.",
            )
        if real in tree:
            yield replace(tree.entries[real], path=name)
        else:
            yield from _copied(tree, real, name, (*within, real))


def _followed(tree: Tree, path: str) -> str | None:
    """Where a path leads through all its links; None = to nothing in the source."""
    left = path.split("/")
    here: list[str] = []
    links = 0
    while left:
        part = left.pop(0)
        if part == "..":
            if not here:
                return None
            here.pop()
            continue
        here.append(part)
        entry = tree.entries.get("/".join(here))
        if entry is not None and entry.target is not None:
            links += 1
            if links > _MOST_LINKS:
                return None
            here.pop()
            left = [each for each in entry.target.split("/") if each not in ("", ".")] + left
    found = "/".join(here)
    return found if found in tree or tree.has_folder(found) else None
