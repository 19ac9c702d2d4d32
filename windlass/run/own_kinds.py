"""Kinds of resource of the project's own: `kinds/NAME.py` in the project folder, shipped to a host that needs one."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from windlass.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from windlass.agent.resources import Resource

OURS = "windlass.agent"


def sources(kinds: Iterable[type[Resource]]) -> dict[str, str]:
    """What a host lacks to have these kinds: the sources of their modules and of those beside, by dotted names.

    Raises UsageError where one needs more than a host's plain Python 3.9 and what Windlass ships.
    """
    own = {kind.__module__ for kind in kinds if not kind.__module__.startswith(f"{OURS}.")}
    found: dict[str, str] = {}
    for package in sorted({name.rpartition(".")[0] for name in own}):
        folder = Path(str(sys.modules[next(name for name in own if name.startswith(package))].__file__)).parent
        found |= {package: "", **{f"{package}.{path.stem}": _source(path, package) for path in _modules(folder)}}
    return found


def _modules(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob("[!_]*.py"))


def _source(path: Path, package: str) -> str:
    text = path.read_text(encoding="utf-8")
    file = f"{path.parent.name}/{path.name}"
    try:
        tree = ast.parse(text, feature_version=(3, 9))
    except SyntaxError as error:
        raise UsageError(f"{file}:{error.lineno}: {error.msg}", hint="Hosts may have Python 3.9 only.") from None
    for node in ast.walk(tree):
        for name in _imported(node):
            top = name.partition(".")[0]
            if not (top in sys.stdlib_module_names or top == package or name.startswith(OURS)):
                raise UsageError(
                    f"{file}:{node.lineno}: it imports {name}, which hosts do not have",  # type: ignore[attr-defined]
                    hint=f"A kind of resource runs on hosts: it has the standard library and {OURS}.",
                )
    return text


def _imported(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(module), level=0):
            return [module]
    return []
