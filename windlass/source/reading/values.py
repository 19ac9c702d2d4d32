"""What expressions of an app's code stand for, as far as that can be told without running it: above all, paths.

The source's own folder, in which the app also runs, is called ROOT; what cannot be told is UNKNOWN in the text.
"""

from __future__ import annotations

import ast
import posixpath
import re
from typing import TYPE_CHECKING

from windlass.source.reading.code import dotted, first_text, literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from windlass.source.reading.code import Code, Module

    Telling = Callable[[ast.expr | None], str | None]

ROOT = "/\1"
UNKNOWN = "\0"
_DEPTH = 30
_JOINS = frozenset({"os.path.join", "path.join", "join", "Path", "pathlib.Path", "PurePath", "safe_join"})
_SAME = frozenset({"str", "os.fspath", "fspath", "secure_filename", "os.path.expanduser", "os.path.expandvars"})
_ABSOLUTE = frozenset({"abspath", "realpath", "normpath"})
_HERE = frozenset({"os.getcwd", "getcwd", "Path.cwd", "pathlib.Path.cwd"})
_METHODS_SAME = frozenset({"as_posix", "replace", "strip", "rstrip", "encode", "get_secret_value"})
_OF_OS = {"curdir": ".", "pardir": "..", "sep": "/"}
_FIELD = re.compile(r"%s|%\(\w+\)s|\{\w*\}")


class Values:
    """The texts behind names and expressions."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._names: dict[tuple[str, str], ast.expr] = {}  # of one file
        self._settings: dict[str, tuple[Module, ast.expr]] = {}  # in capitals, wherever they are set
        self._told: dict[int, str | None] = {}
        for module, node in code.nodes():
            for name, value in named_values(node):
                self._names.setdefault((module.path, name), value)
                if name.isupper():
                    self._settings.setdefault(name, (module, value))

    def text(self, module: Module, node: ast.expr | None, depth: int = 0) -> str | None:
        """The text, with UNKNOWN where a part cannot be told; None = nothing of it can."""
        if node is None or depth > _DEPTH:
            return None
        if id(node) not in self._told:
            self._told[id(node)] = None  # what leads back to itself
            self._told[id(node)] = self._text(module, node, depth)
        return self._told[id(node)]

    def _text(self, module: Module, node: ast.expr, depth: int) -> str | None:
        def of(part: ast.expr | None) -> str | None:
            return self.text(module, part, depth + 1)

        match node:
            case ast.Constant(value=str() | int()):
                return str(node.value)
            case ast.Call():
                return self._called(node, of, depth)
            case ast.Name(id="__file__"):
                return f"{ROOT}/{module.path}"
            case ast.Name():
                return self._named(module, node.id, depth)
            case ast.Attribute():
                return self._attribute(node, of, depth)
            case ast.Subscript():
                return self._subscript(node, of, depth)
        return _composed(node, of)

    def place(self, text: str | None) -> str | None:
        """The path in the source that a text leads to, up to what is unknown; None = it leads elsewhere."""
        if not text or "://" in text or text.startswith("~"):
            return None
        whole = posixpath.normpath(posixpath.join(ROOT, text))
        if UNKNOWN in whole:
            whole = posixpath.dirname(whole.partition(UNKNOWN)[0] + "x")
        return whole.removeprefix(f"{ROOT}/") if whole.startswith(f"{ROOT}/") else None

    def _named(self, module: Module, name: str, depth: int) -> str | None:
        value = self._names.get((module.path, name))
        if value is not None:
            return self.text(module, value, depth + 1)
        return self._setting(name, depth)

    def _setting(self, name: str, depth: int) -> str | None:
        module, value = self._settings.get(name, (None, None))
        return self.text(module, value, depth + 1) if module else None

    def _attribute(self, node: ast.Attribute, of: Telling, depth: int) -> str | None:
        if node.attr == "instance_path":
            return f"{ROOT}/{self._code.instance}"
        if node.attr == "root_path":
            return posixpath.normpath(f"{ROOT}/{self._code.app_folder}")
        if node.attr == "parent":
            inner = of(node.value)
            return posixpath.dirname(inner) if inner else None
        if node.attr in _OF_OS:
            return _OF_OS[node.attr]
        return self._setting(node.attr, depth) or self._setting(node.attr.upper(), depth)

    def _subscript(self, node: ast.Subscript, of: Telling, depth: int) -> str | None:
        match node.value, node.slice:
            case ast.Attribute(attr="parents", value=inner), ast.Constant(value=int() as steps):
                text = of(inner)
                for _ in range(steps + 1):
                    text = posixpath.dirname(text) if text else None
                return text
            case _, ast.Constant(value=str() as name):
                return self._setting(name, depth)
        return None

    def _called(self, node: ast.Call, of: Telling, depth: int) -> str | None:
        name = dotted(node.func)
        first = node.args[0] if node.args else None
        if name in _HERE:
            return ROOT
        if name in _JOINS and node.args:
            return posixpath.join(*(of(part) or UNKNOWN for part in node.args))
        if name in _SAME:
            return of(first)
        last = name.rpartition(".")[2]
        if last == "dirname":
            text = of(first)
            return posixpath.dirname(text) if text else None
        if last in _ABSOLUTE:
            text = of(first)
            return posixpath.normpath(posixpath.join(ROOT, text)) if text else None
        if isinstance(node.func, ast.Attribute):
            return self._method(node, node.func, of, depth)
        return _default(node, of)

    def _method(self, node: ast.Call, named: ast.Attribute, of: Telling, depth: int) -> str | None:
        inner, method = named.value, named.attr
        if method in ("get", "getenv", "str", "setdefault") and (text := _default(node, of)) is not None:
            return text
        if method == "get" and (wanted := first_text(node)):
            return None if "environ" in dotted(inner) else self._setting(wanted, depth)
        text = of(inner)
        if text is None:
            return None
        if method in ("resolve", "absolute"):
            return posixpath.normpath(posixpath.join(ROOT, text))
        if method == "joinpath":
            return posixpath.join(text, *(of(part) or UNKNOWN for part in node.args))
        if method == "format":
            return _filled(text, [of(part) for part in node.args])
        return text if method in _METHODS_SAME else None


def named_values(node: ast.AST) -> list[tuple[str, ast.expr]]:
    """The names that a node gives values to: an assignment, keywords of a call, a dictionary's texts."""
    match node:
        case ast.Assign():
            return [(name, node.value) for target in node.targets if (name := _target(target))]
        case ast.AnnAssign(value=ast.expr() as value):
            return [(name, value)] if (name := _target(node.target)) else []
        case ast.keyword(arg=str() as word):
            return [(word, node.value)] if word.isupper() else []
        case ast.Dict():
            pairs = zip(node.keys, node.values, strict=True)
            return [(text, value) for key, value in pairs if (text := literal(key))]
    return []


def _default(node: ast.Call, of: Telling) -> str | None:
    """What a call gives that asks for a setting and says what there is without one: `os.getenv("X", "y")`."""
    if first_text(node) is None:
        return None
    given = next((word.value for word in node.keywords if word.arg == "default"), None)
    return of(given) if given is not None else of(node.args[1]) if len(node.args) > 1 else None


def _composed(node: ast.expr, of: Telling) -> str | None:
    """The text of an expression that others make up."""
    match node:
        case ast.JoinedStr():
            return "".join(of(part) or UNKNOWN for part in node.values)
        case ast.FormattedValue():
            return of(node.value)
        case ast.BinOp():
            return _combined(node, of)
        case ast.BoolOp(op=ast.Or()):
            return next((text for part in node.values if (text := of(part))), None)
        case ast.IfExp():
            return of(node.body) or of(node.orelse)
    return None


def _target(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return dotted(node).rpartition(".")[2]


def _combined(node: ast.BinOp, of: Telling) -> str | None:
    left, right = of(node.left), of(node.right)
    match node.op:
        case ast.Add():
            return None if left is None and right is None else (left or UNKNOWN) + (right or UNKNOWN)
        case ast.Div():
            return None if left is None else posixpath.join(left, right or UNKNOWN)
        case ast.Mod():
            parts = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            return None if left is None else _filled(left, [of(part) for part in parts])
    return None


def _filled(text: str, parts: list[str | None]) -> str:
    """A text with its fields filled, in their order."""
    waiting = iter(parts)
    return _FIELD.sub(lambda _: next(waiting, None) or UNKNOWN, text)
