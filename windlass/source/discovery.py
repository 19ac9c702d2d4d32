"""Where in a source its WSGI app is: as it says itself how it is started, then as `flask` looks for it, then anywhere.

All of it is read, nothing imported.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from windlass.errors import SourceError
from windlass.source.declared import declared
from windlass.source.module import Code
from windlass.source.tree import Tree
from windlass.source.wsgi import FACTORIES, OBJECTS, Sure, factory, is_app, objects, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.source.module import Module

FLASK_MODULES = ("wsgi", "app")
# Folders that code is imported from, though they are no packages.
FOLDERS = (".", "src")
# How modules are called that others start an app with.
_USUAL = ("main", "application", "server", "run", "index", "web", "site", "api")
# What is beside an app and never one.
_BESIDE = frozenset(
    [
        "alembic", "benchmarks", "bin", "celery_worker", "config", "conftest", "doc", "docs", "example", "examples",
        "fabfile", "make_celery", "manage", "migrations", "node_modules", "noxfile", "scripts", "settings", "setup",
        "static", "tasks", "templates", "test", "tests", "tools", "worker",
    ]
)  # fmt: skip
# What lies at the top of a source of its own.
_MARKS = frozenset({"app.py", "wsgi.py", "requirements.txt", "pyproject.toml", "Pipfile", "Procfile"})
_MOST_FOLDERS = 20
_DEEPEST = 3  # parts of a path that are looked into
_MOST_NAMED = 5
_LARGEST = 1024 * 1024  # of a module that is looked into, in bytes
_PATH = re.compile(r"(?P<place>[^:]+?)(?:\.py)?(?::(?P<name>.+))?")


@dataclass(frozen=True)
class Found:
    """An app: `wsgi` as the setting has it, importable from `folder` of the source, made at `place` (FILE:LINE).

    `why` is what led to it, in words; `needs` are parameters of a factory that only a person can give. The lower the
    `rank`, the likelier; between equal ones there is no telling.
    """

    wsgi: str
    folder: str
    place: str
    why: str
    needs: tuple[str, ...] = ()
    rank: int = 0


def discover(tree: Tree) -> Found:
    """The app of a source. Raises SourceError where there is none, or no telling which."""
    named = next((each for each in _named(tree) if not each.needs), None)
    if named:
        return named
    found = candidates(tree)
    usable = [each for each in found if not each.needs]
    if usable and (len(usable) == 1 or usable[0].rank < usable[1].rank):
        return usable[0]
    if usable:
        listed = ", ".join(f"{each.wsgi} ({each.place})" for each in usable[:_MOST_NAMED])
        raise SourceError(
            f"{tree.label}: several could be the app: {listed}",
            hint=f"Say which, for example `wsgi: {usable[0].wsgi}`.",
        )
    if found:
        raise needing(tree, found[0])
    there = "".join(f" There is one with `subdirectory: {folder}`." for folder, _ in below(tree)[:1])
    raise SourceError(
        f"{tree.label}: no app is found in it: no Flask object, and no create_app() or make_app()",
        hint=f"Name it: `wsgi: MODULE:APP` or `wsgi: MODULE:FACTORY()`.{there}",
    )


def needing(tree: Tree, found: Found) -> SourceError:
    """What is wrong with a factory that cannot be called as it stands."""
    needs = ", ".join(found.needs)
    called = found.wsgi.partition("(")[0]
    return SourceError(
        f"{tree.label}/{found.place}: {called.partition(':')[2]} makes the app, and needs {needs}",
        hint=f"Give it there, as in `wsgi: {called}('production')`, or a default in the code.",
    )


def candidates(tree: Tree) -> list[Found]:
    """All that may be the app, the likeliest first, each place once."""
    found: dict[str, Found] = {}
    for each in (*_named(tree), *_lying_about(tree)):
        found.setdefault(each.place, each)
    return list(found.values())


def below(tree: Tree) -> list[tuple[str, Found]]:
    """The apps of folders that look like sources of their own, each with its folder: for the setting `subdirectory`."""
    marked = {posixpath.dirname(path) for path in tree.entries if posixpath.basename(path) in _MARKS}
    found = []
    for folder in sorted(marked - {""}, key=lambda folder: (folder.count("/"), folder))[:_MOST_FOLDERS]:
        inside = [
            replace(entry, path=path.removeprefix(f"{folder}/"))
            for path, entry in tree.entries.items()
            if path.startswith(f"{folder}/") and entry.target is None
        ]
        found += [(folder, each) for each in candidates(Tree(f"{tree.label}/{folder}", inside))[:1] if not each.needs]
    return found


def in_module(code: Code, module: Module, name: str, why: str) -> Iterator[Found]:
    """The app in a module of this name as `flask` would find it; at most one that needs nothing is given."""
    for attribute in OBJECTS:
        if is_app(code, module, attribute):
            yield _found(code, module, f"{name}:{attribute}", attribute, why)
            return
    flasks = list(objects(code, module))
    if len(flasks) == 1:
        yield _found(code, module, f"{name}:{flasks[0]}", flasks[0], why)
        return
    for attribute in FACTORIES:
        made = factory(code, module, attribute)
        if made is not None:
            yield Found(f"{name}:{attribute}()", code.folder, made.place, why, made.needs)
            return


def _found(code: Code, module: Module, wsgi: str, attribute: str, why: str) -> Found:
    return Found(wsgi, code.folder, place_of(code, module, attribute), why)


def _named(tree: Tree) -> Iterator[Found]:
    yield from _declared(tree)
    yield from _as_flask_looks(tree)


def _declared(tree: Tree) -> Iterator[Found]:
    """What a Procfile, Dockerfile, .flaskenv or a configuration of Gunicorn's starts."""
    for target, place in declared(tree):
        found = _PATH.fullmatch(target)
        if found is None:
            continue
        code, name = _imported(tree, found["place"])
        module = code.module(name)
        if module is None:
            continue
        attribute = found["name"]
        if attribute is None:
            yield from in_module(code, module, name, place)
            continue
        called = attribute.partition("(")[0]
        made = factory(code, module, called)
        if made is not None and not is_app(code, module, called):
            wsgi = f"{name}:{attribute}" if "(" in attribute else f"{name}:{attribute}()"
            needs = () if re.search(r"\(.+\)", attribute) else made.needs
            yield Found(wsgi, code.folder, made.place, place, needs)
        elif called in module.names:
            yield _found(code, module, f"{name}:{attribute}", called, place)


def _imported(tree: Tree, place: str) -> tuple[Code, str]:
    """The folder to import from, and the module there, of `shop.web`, `shop/web.py` or a package's folder."""
    path = posixpath.normpath(place if "/" in place else place.replace(".", "/"))
    top = path
    while "/" in top and Code(tree).is_package(posixpath.dirname(top)):
        top = posixpath.dirname(top)
    folder, _, first = top.rpartition("/")
    inner = first + path.removeprefix(top)
    for where in (folder or ".", *FOLDERS):
        code = Code(tree, where)
        if code.module(inner.replace("/", ".")):
            return code, inner.replace("/", ".")
    return Code(tree), path.replace("/", ".")


def _as_flask_looks(tree: Tree) -> Iterator[Found]:
    for folder in FOLDERS:
        code = Code(tree, folder)
        for name in FLASK_MODULES:
            module = code.module(name)
            # A package is found with all others: flask looks for files.
            if module and not module.path.endswith("__init__.py"):
                yield from in_module(code, module, name, f"flask looks into {posixpath.basename(module.path)}")


def _lying_about(tree: Tree) -> list[Found]:
    """Apps in any module or package, those with the usual names first."""
    found = []
    codes: dict[str, Code] = {}
    for folder, name, depth in _modules(tree):
        code = codes.setdefault(folder, Code(tree, folder))
        module = code.module(name)
        if module is None:
            continue
        for each in in_module(code, module, name, "it lies there"):
            attribute = each.wsgi.partition(":")[2].removesuffix("()")
            if attribute not in FACTORIES and is_app(code, module, attribute) is not Sure.YES:
                continue
            unusual = name not in (*_USUAL, *FLASK_MODULES)
            made = attribute in FACTORIES
            other = attribute not in (*OBJECTS, *FACTORIES)
            borrowed = not each.place.startswith(f"{module.path}:")
            found.append(replace(each, rank=1 + 16 * depth + 8 * other + 4 * made + 2 * unusual + borrowed))
    return sorted(found, key=lambda each: (each.rank, each.wsgi))


def _modules(tree: Tree) -> Iterator[tuple[str, str, int]]:
    """Folder, dotted name and depth of modules at the top and in packages there, below src, or in plain folders."""
    code = Code(tree)
    for path, entry in tree.entries.items():
        parts = path.removesuffix(".py").split("/")
        if not path.endswith(".py") or len(parts) > _DEEPEST or entry.size > _LARGEST:
            continue
        at = 0
        while at < len(parts) - 1 and not code.is_package("/".join(parts[: at + 1])):
            at += 1
        folder, names = "/".join(parts[:at]) or ".", parts[at:]
        if names[-1] == "__init__":
            names.pop()
        if names and _BESIDE.isdisjoint(parts) and all(name.isidentifier() for name in names):
            yield folder, ".".join(names), len(names) + at - (folder == "src")
