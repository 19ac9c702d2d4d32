"""Secret keys in the code that everybody knows: who has one signs sessions as whoever he likes."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.errors import SourceError
from windlass.settings.environment import is_placeholder
from windlass.source.module import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.source.tree import Tree

NAME = "SECRET_KEY"
_ATTRIBUTE = "secret_key"
_READERS = frozenset({"get", "getenv", "config", "str", "pop", "setdefault"})


@dataclass(frozen=True)
class WeakKey:
    """At `place` (FILE:LINE); `fallback`: it counts only where the environment has none."""

    place: str
    fallback: bool


def weak_keys(tree: Tree) -> list[WeakKey]:
    """Where the modules of a source, tests apart, set SECRET_KEY to what stands in tutorials."""
    found = []
    for path in tree.entries:
        parts = path.split("/")
        if not path.endswith(".py") or parts[-1].startswith(("test_", "conftest.")) or "tests" in parts:
            continue
        try:
            text = tree.text(path)
        except SourceError:
            continue
        if NAME in text or _ATTRIBUTE in text:
            found += [WeakKey(f"{path}:{line}", fallback) for line, fallback in _weak(parsed(text))]
    return found


def _weak(module: ast.Module | None) -> Iterator[tuple[int, bool]]:
    for node in ast.walk(module) if module else ():
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if node.value and any(_is_key(target) for target in targets):
                yield from _value(node.value)
        elif isinstance(node, ast.keyword) and node.arg == NAME:
            yield from _value(node.value)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == NAME:
                    yield from _value(value)


def _is_key(target: ast.expr) -> bool:
    if isinstance(target, ast.Name):
        return target.id == NAME
    if isinstance(target, ast.Attribute):
        return target.attr in (NAME, _ATTRIBUTE)
    return isinstance(target, ast.Subscript) and getattr(target.slice, "value", None) == NAME


def _value(value: ast.expr, *, fallback: bool = False) -> Iterator[tuple[int, bool]]:
    if isinstance(value, ast.Constant):
        text = value.value.decode(errors="replace") if isinstance(value.value, bytes) else value.value
        if isinstance(text, str) and text and is_placeholder(text):
            yield value.lineno, fallback
    elif isinstance(value, ast.BoolOp):
        yield from _value(value.values[-1], fallback=True)
    elif isinstance(value, ast.Call):
        called = getattr(value.func, "attr", None) or getattr(value.func, "id", None)
        if called in _READERS and len(value.args) > 1:
            yield from _value(value.args[1], fallback=True)
        for keyword in value.keywords:
            if called in _READERS and keyword.arg == "default":
                yield from _value(keyword.value, fallback=True)
