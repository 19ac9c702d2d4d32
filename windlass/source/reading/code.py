"""The Python files of a source that run in production, as syntax trees."""

from __future__ import annotations

import ast
import posixpath
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from windlass.errors import SourceError
from windlass.source.module import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.source.tree import Tree

# What tests, tools and migrations do says nothing of the app as it serves.
_ASIDE = re.compile(
    r"(^|/)(tests?|testing|docs?|migrations|alembic|scripts|tools|benchmarks|examples)/"
    r"|(^|/)(test_[^/]*|[^/]*_test|tests|conftest|setup|noxfile|fabfile|gunicorn\.conf|gunicorn_config)\.py$"
)
LARGEST = 1024 * 1024  # bytes of a file that is read


@dataclass(frozen=True)
class Module:
    """One Python file; `path` is its place in the source."""

    path: str
    tree: ast.Module

    def place(self, node: ast.expr | ast.stmt | ast.keyword) -> str:
        """Where something stands, as `path:line`."""
        return f"{self.path}:{node.lineno}"


@dataclass(frozen=True)
class Found:
    """Something that was found in the code, and where: `path:line`, or the path of a file."""

    value: str
    place: str


class Code:
    """The Python files of a source; those that are no Python of today are passed over."""

    def __init__(self, source: Tree) -> None:
        self.source = source
        self.modules = [module for path in source.entries if (module := _module(source, path)) is not None]

    @cached_property
    def imported(self) -> frozenset[str]:
        """The top names of all modules that are imported anywhere: `{"flask", "os"}`."""
        names: set[str] = set()
        for _, node in self.nodes():
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
        return frozenset(names)

    def nodes(self) -> Iterator[tuple[Module, ast.AST]]:
        """Every node of every file, but those that only tests use."""
        for module in self.modules:
            waiting: list[ast.AST] = [module.tree]
            while waiting:
                node = waiting.pop()
                yield module, node
                below = [child for child in ast.iter_child_nodes(node) if not _for_tests(child)]
                waiting += reversed(below)

    def calls(self) -> Iterator[tuple[Module, ast.Call, str]]:
        """Every call, with the dotted name of what is called (`""` = it has none)."""
        for module, node in self.nodes():
            if isinstance(node, ast.Call):
                yield module, node, dotted(node.func)

    @cached_property
    def flask_calls(self) -> list[tuple[Module, ast.Call]]:
        """Where the app is made: the calls of `Flask(...)`."""
        return [(module, call) for module, call, name in self.calls() if name in ("Flask", "flask.Flask")]

    @cached_property
    def app_folder(self) -> str:
        """The folder of the file that makes the app, `""` = the top; paths of Flask are relative to it."""
        return posixpath.dirname(self.flask_calls[0][0].path) if self.flask_calls else ""

    @cached_property
    def instance(self) -> str:
        """Flask's instance folder, in the source: beside the package, or the module, that makes the app."""
        folder = self.app_folder
        while folder and f"{folder}/__init__.py" in self.source:
            folder = posixpath.dirname(folder)
        return posixpath.join(folder, "instance")


def dotted(node: ast.AST) -> str:
    """The dotted name that an expression is, `""` = it is none: `os.path.join`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def literal(node: ast.AST | None) -> str | None:
    """The text that an expression is, None = it is something else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def first_text(call: ast.Call) -> str | None:
    """The first argument of a call, where it is a text."""
    return literal(call.args[0]) if call.args else None


def _module(source: Tree, path: str) -> Module | None:
    entry = source.entries[path]
    if not path.endswith(".py") or entry.target is not None or entry.size > LARGEST or _ASIDE.search(path):
        return None
    try:
        tree = parsed(source.text(path))
    except SourceError:  # in an encoding of its own
        return None
    return Module(path, tree) if tree else None


def _for_tests(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name.lower().startswith("test")
