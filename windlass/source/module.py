"""What a Python module has at its top once it is imported, read from its text: an app's code is never run here."""

from __future__ import annotations

import ast
import posixpath
import warnings
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from windlass.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.source.tree import Tree

Function = ast.FunctionDef | ast.AsyncFunctionDef
# What may put names there that nobody sees in the text.
_HIDDEN = frozenset({"exec", "globals", "setattr", "vars", "locals", "__import__"})


@dataclass(frozen=True)
class Binding:
    """What a name stands for: a value, a function or class, or what is `imported` (module, name; None = the module)."""

    line: int
    value: ast.expr | None = None
    definition: Function | ast.ClassDef | None = None
    imported: tuple[str, str | None] | None = None


@dataclass(frozen=True)
class Module:
    """A module at `path` of the source; `package` is what its relative imports start from."""

    path: str
    package: str
    text: str

    @cached_property
    def parsed(self) -> ast.Module | None:
        """None = it cannot be parsed."""
        return parsed(self.text)

    @cached_property
    def names(self) -> dict[str, Binding]:
        """What its names stand for in the end."""
        found: dict[str, Binding] = {}
        for statement in _statements(self.parsed.body if self.parsed else []):
            found.update(_bound(statement, self.package))
        for each in self._all():
            if isinstance(each, ast.Global):
                found.update({name: Binding(each.lineno) for name in each.names if name not in found})
        return found

    @cached_property
    def is_open(self) -> bool:
        """Whether it may have names that its text does not show."""
        if self.parsed is None or "__getattr__" in self.names:
            return True
        return any(
            isinstance(node, ast.Match)
            or (isinstance(node, ast.ImportFrom) and any(each.name == "*" for each in node.names))
            or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _HIDDEN)
            for node in self._all()
        )

    def _all(self) -> Iterator[ast.AST]:
        return ast.walk(self.parsed) if self.parsed else iter(())


@dataclass
class Code:
    """The modules of a source that are imported from one of its folders (`.` = its top)."""

    tree: Tree
    folder: str = "."
    _known: dict[str, Module | None] = field(default_factory=dict)

    def module(self, name: str) -> Module | None:
        """The module or package of a dotted name; None = there is none of that name in the folder."""
        if name not in self._known:
            self._known[name] = self._read(name)
        return self._known[name]

    def is_package(self, path: str) -> bool:
        """Whether a folder of the source is a package."""
        return posixpath.normpath(f"{path}/__init__.py") in self.tree

    def _read(self, name: str) -> Module | None:
        stem = posixpath.normpath(posixpath.join(self.folder, name.replace(".", "/")))
        for path, package in ((f"{stem}/__init__.py", name), (f"{stem}.py", name.rpartition(".")[0])):
            if path in self.tree:
                try:
                    return Module(path, package, self.tree.text(path))
                except SourceError:  # in an encoding of its own
                    return Module(path, package, "\0")
        return None


def parsed(text: str) -> ast.Module | None:
    """The syntax tree of somebody's code; None = it cannot be parsed: by this Python, or by any."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of escapes in somebody else's strings
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Those that are run at import, also in branches; not those for a run as a script, or for type checkers."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If) and _is_never(statement.test):
            yield from _statements(statement.orelse)
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for part in ("body", "orelse", "handlers", "finalbody", "cases"):
                yield from _statements(getattr(statement, part, []))


def _is_never(test: ast.expr) -> bool:
    if isinstance(test, ast.Compare):
        named = isinstance(test.left, ast.Name) and test.left.id == "__name__" and isinstance(test.ops[0], ast.Eq)
        other = test.comparators[0]
        return named and isinstance(other, ast.Constant) and other.value == "__main__"
    return "TYPE_CHECKING" in (getattr(test, "id", None), getattr(test, "attr", None))


def _bound(statement: ast.stmt, package: str) -> Iterator[tuple[str, Binding]]:
    line = statement.lineno if hasattr(statement, "lineno") else 0
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name, Binding(line, definition=statement)
    elif isinstance(statement, ast.Import):
        for each in statement.names:
            name = each.asname or each.name.partition(".")[0]
            yield name, Binding(line, imported=(each.name if each.asname else name, None))
    elif isinstance(statement, ast.ImportFrom):
        origin = _absolute(statement, package)
        for each in statement.names:
            yield each.asname or each.name, Binding(line, imported=(origin, each.name))
    else:
        yield from _assigned(statement, line)


def _assigned(statement: ast.stmt, line: int) -> Iterator[tuple[str, Binding]]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    value = getattr(statement, "value", None)
    for target in targets:
        if isinstance(target, ast.Name) and (value is not None or not isinstance(statement, ast.AnnAssign)):
            yield target.id, Binding(line, value=value)
        elif isinstance(target, ast.Tuple | ast.List):
            yield from ((each.id, Binding(line)) for each in ast.walk(target) if isinstance(each, ast.Name))
    own = [statement] if isinstance(statement, ast.Expr | ast.Assign) else getattr(statement, "items", [])
    for part in own:
        for node in ast.walk(part):
            if isinstance(node, ast.NamedExpr) and isinstance(node.target, ast.Name):
                yield node.target.id, Binding(line, value=node.value)
            elif isinstance(node, ast.withitem) and node.optional_vars:
                named = (each for each in ast.walk(node.optional_vars) if isinstance(each, ast.Name))
                yield from ((each.id, Binding(line)) for each in named)


def _absolute(statement: ast.ImportFrom, package: str) -> str:
    """The module that `from ... import` names."""
    parts = package.split(".") if package else []
    above = parts[: len(parts) - statement.level + 1] if statement.level else []
    return ".".join([*above, *([statement.module] if statement.module else [])])
