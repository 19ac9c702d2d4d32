"""What Gunicorn is to serve of a source, and the folders that it is imported from."""

from __future__ import annotations

import difflib
import posixpath
from typing import TYPE_CHECKING

from windlass.errors import SourceError
from windlass.source.discovery import FOLDERS, Found, candidates, discover, needing
from windlass.source.module import Code
from windlass.source.wsgi import Sure, factory, is_app

if TYPE_CHECKING:
    from windlass.settings import AppSettings
    from windlass.source.module import Module
    from windlass.source.tree import Tree


def entry(tree: Tree, settings: AppSettings) -> tuple[str, tuple[str, ...]]:
    """The WSGI object and the folders: those of the settings, else those that are found.

    Raises SourceError where nothing is found, or where what the settings name is not there or cannot be served.
    """
    given = None if settings.python_path is None else tuple(settings.python_path)
    if settings.wsgi is None:
        found = discover(tree)
        return found.wsgi, (found.folder,) if given is None else given
    name, _, attribute = settings.wsgi.partition(":")
    for folder in FOLDERS if given is None else given:
        code = Code(tree, folder)
        module = code.module(name)
        if module is not None:
            _check(tree, code, module, name, attribute)
            return settings.wsgi, (folder,) if given is None else given
    raise _no_module(tree, settings.wsgi, FOLDERS if given is None else given)


def _no_module(tree: Tree, wsgi: str, folders: tuple[str, ...]) -> SourceError:
    name = wsgi.partition(":")[0]
    path = name.replace(".", "/")
    looked = " and no ".join(posixpath.normpath(posixpath.join(folder, f"{path}.py")) for folder in folders)
    found = next((each for each in candidates(tree) if not each.needs), None)
    there = f" There is `wsgi: {found.wsgi}` ({found.place})." if found else ""
    if found and found.folder not in folders:
        there = f" There is `wsgi: {found.wsgi}` with `python_path: [{found.folder}]` ({found.place})."
    return SourceError(
        f"{tree.label}: there is no module {name!r}, which `wsgi: {wsgi}` names: no {looked}",
        hint=f"Correct `wsgi`, or say with `python_path` in which folder the module lies.{there}",
    )


def _check(tree: Tree, code: Code, module: Module, name: str, attribute: str) -> None:
    """Raises SourceError for a name that its module surely has not, or that is an app where a factory is called."""
    called, bracket, given = attribute.partition("(")
    made = factory(code, module, called)
    if called not in module.names and not module.is_open and not code.module(f"{name}.{called}"):
        near = difflib.get_close_matches(called, [each for each in module.names if is_app(code, module, each)], 1)
        one = next((each for each in candidates(tree) if each.wsgi.startswith(f"{name}:") and not each.needs), None)
        meant = f"{name}:{near[0]}" if near else one.wsgi if one else None
        raise SourceError(
            f"{tree.label}/{module.path}: there is no {called}, which `wsgi: {name}:{attribute}` names",
            hint=f"Did you mean `wsgi: {meant}`?" if meant else "Correct `wsgi`.",
        )
    if bracket and made is None and is_app(code, module, called) is Sure.YES:
        raise SourceError(
            f"{tree.label}/{module.path}: {called} is the app, and no function that makes it",
            hint=f"Write `wsgi: {name}:{called}`.",
        )
    if made is not None and made.needs and given == ")":
        raise needing(tree, Found(f"{name}:{called}()", code.folder, made.place, "", made.needs))
    if made is not None and not bracket and not is_app(code, module, called):
        if made.needs:
            raise needing(tree, Found(f"{name}:{called}()", code.folder, made.place, "", made.needs))
        raise SourceError(
            f"{tree.label}/{made.place}: {called} is a function that makes the app, and no app",
            hint=f"Write `wsgi: {name}:{called}()`.",
        )
