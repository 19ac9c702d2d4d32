"""What an app writes beside its code: which paths of the source those are, and whether each is a file or a folder."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from windlass.errors import SourceError
from windlass.settings.data import lies_below

if TYPE_CHECKING:
    from collections.abc import Sequence

    from windlass.settings import AppSettings
    from windlass.source.tree import Tree

# Where Flask has an app's own files (`app.instance_path`): beside its module or package.
INSTANCE = "instance"


def paths(tree: Tree, settings: AppSettings, wsgi: str, python_path: Sequence[str]) -> tuple[str, ...]:
    """The paths that `data` names, and `instance` beside what is imported; folders have a `/` at the end.

    Raises SourceError for code, and where the source has something else there.
    """
    named = [_kind(tree, path, wsgi) for path in settings.data]
    instances = {posixpath.normpath(posixpath.join(folder, INSTANCE)) for folder in python_path}
    whole = {path for path in instances if _may_be_data(tree, settings, wsgi, path)}
    apart = [path for path in named if not any(_is_within(path, folder) for folder in whole)]
    free = [f"{path}/" for path in whole if not any(lies_below(path, other) for other in apart)]
    return tuple(sorted({*apart, *free}))


def _kind(tree: Tree, path: str, wsgi: str) -> str:
    name = path.rstrip("/")
    label = f"{tree.label}/{name}"
    above = next((folder for folder in _folders_above(name) if folder in tree), None)
    if above:
        raise SourceError(f"{tree.label}/{above} is no folder, so `data: [{path}]` cannot lie in it")
    if _is_code(tree, name, wsgi):
        raise SourceError(
            f"{label} is code, which `data` names: it would never be replaced by that of a new release",
            hint="Name the files and folders in it that the app writes.",
        )
    if name in tree:
        if path.endswith("/") or tree.entries[name].target is not None:
            what = "a link" if tree.entries[name].target is not None else "a file"
            raise SourceError(f"{label} is {what}, and `data: [{path}]` names a {'folder' if path != name else 'file'}")
        return name
    is_folder = path.endswith("/") or tree.has_folder(name) or "." not in posixpath.basename(name)[1:]
    return f"{name}/" if is_folder else name


def _is_code(tree: Tree, name: str, wsgi: str) -> bool:
    """Whether it is a module, a package, or has the app's own module in it."""
    module = wsgi.partition(":")[0].replace(".", "/")
    own = (f"{module}.py", f"{module}/__init__.py")
    below = (path for path in tree.entries if lies_below(path, name))
    return (
        (name in tree and name.endswith(".py"))
        or f"{name}/__init__.py" in tree
        or any(path.endswith(f"/{each}") for path in below for each in own)
    )


def _may_be_data(tree: Tree, settings: AppSettings, wsgi: str, path: str) -> bool:
    """Whether what lies at an instance folder's place is no code, and not served by nginx."""
    served = any(folder == path or lies_below(folder, path) for folder in settings.static.values())
    return path not in tree and not _is_code(tree, path, wsgi) and not served


def _folders_above(path: str) -> list[str]:
    steps = path.split("/")
    return ["/".join(steps[:number]) for number in range(1, len(steps))]


def _is_within(path: str, folder: str) -> bool:
    return path.rstrip("/") == folder or lies_below(path, folder)
