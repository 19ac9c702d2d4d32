"""An app's code, packed and checked on the control machine before any host is connected to."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from windlass.errors import SourceError
from windlass.settings.data import lies_below
from windlass.settings.words import is_git
from windlass.source import data, folder, own_gunicorn, repository, requirements, server
from windlass.source import python as pythons
from windlass.source.contents import named
from windlass.source.entry import entry
from windlass.source.local_state import is_database
from windlass.source.scripts import check_command
from windlass.source.static import with_static
from windlass.source.weak_keys import WeakKey, weak_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.settings import AppSettings
    from windlass.source.contents import Contents
    from windlass.source.requirements import Requirements
    from windlass.source.tree import Tree


@dataclass(frozen=True)
class Source:
    """Packed code; `digest` is the sha256 (hex) of what is in `archive`, `size` its bytes when unpacked.

    `commit` None = not from git; `dirty` = the folder differs from the commit. `python_path` are folders in the source,
    `remarks` sentences that the user should read once, `wsgi` is what Gunicorn serves, by the settings or as found.
    `data` are the paths that the app writes to, folders with a `/` at the end, `python` is which versions of
    Python it asks for, `hooks` are those of Gunicorn that its own gunicorn.conf.py has, `weak_keys` where its code
    has a SECRET_KEY that everybody knows.
    """

    archive: bytes
    digest: str
    size: int
    requirements: Requirements
    python_path: tuple[str, ...] = (".",)
    commit: str | None = None
    dirty: bool = False
    remarks: tuple[str, ...] = ()
    wsgi: str = ""
    data: tuple[str, ...] = ()
    python: pythons.Wanted = field(default_factory=pythons.Wanted)
    hooks: tuple[str, ...] = ()
    weak_keys: tuple[WeakKey, ...] = ()


def load(name: str, settings: AppSettings, project: Path) -> Source:
    """The code of app `name`: a folder relative to `project`, or one commit of a git URL.

    Raises SourceError for what would fail on the host later: no such folder or ref, a WSGI module, static folder or
    requirements file that is not there, requirements that only this machine could install or that no Gunicorn can
    serve with, too much of it all.
    """
    try:
        return _load(settings, project)
    except SourceError as error:
        raise SourceError(f"app {name}: {error.args[0]}", hint=error.hint) from None


def _load(settings: AppSettings, project: Path) -> Source:
    with contents_of(settings.source, settings.ref, settings.subdirectory, project) as contents:
        tree, remarks = contents.tree()
        wsgi, python_path = entry(tree, settings)
        tree = with_static(tree, settings.static.values())
        for name in ("setup_command", "release_command"):
            if command := getattr(settings, name):
                check_command(tree, name, command)
        wanted = requirements.read(tree, settings.requirements)
        server.to_install(settings.gunicorn, wanted)
        python_path = tuple(dict.fromkeys((*python_path, *wanted.folders)))
        python = pythons.wanted(tree, wanted, settings.python)
        archive, digest = tree.packed()
        # Only what has been read is known to be as in the commit, or not.
        dirty = contents.commit is not None and bool(contents.differing)
        written = data.paths(tree, settings, wsgi, python_path)
        remarks = (*own_gunicorn.remark(tree), *remarks, *wanted.remarks, *_tracked(tree, contents.known, written))
        return Source(
            archive,
            digest,
            tree.size,
            wanted,
            python_path,
            commit=contents.commit,
            dirty=dirty,
            remarks=remarks,
            wsgi=wsgi,
            data=written,
            python=python,
            hooks=own_gunicorn.hooks_of(tree),
            weak_keys=tuple(weak_keys(tree)),
        )


def _tracked(tree: Tree, known: set[str], written: tuple[str, ...]) -> list[str]:
    """What is said of databases that git has, and that no `data` keeps."""
    found = [
        path
        for path in tree.entries
        if path in known and is_database(path) and not any(path == each or lies_below(path, each) for each in written)
    ]
    if not found:
        return []
    told = f"{tree.label}: git has {named(found)}: each release brings it anew, without what the app has written there;"
    return [f"{told} `data: [{found[0]}]` keeps it (no word of those in .deployignore)"]


@contextmanager
def contents_of(source: str, ref: str | None, subdirectory: str | None, project: Path) -> Iterator[Contents]:
    """The files of a folder, relative to `project`, or of a commit of a git URL, as long as they are looked at."""
    if is_git(source):
        with repository.contents(source, ref, subdirectory, project / ".windlass" / "git") as contents:
            yield contents
    else:
        place = project / Path(source).expanduser() / (subdirectory or "")
        yield folder.contents(place, source.rstrip("/"))
