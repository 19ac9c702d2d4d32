"""Jinja2 for values of an inventory: expressions, filters and `if`, with a bound to the time and memory they take.

Whoever can write a value could else let a run hang, or fill the memory. So there are no loops, macros and functions,
and what the filters, operators and methods of one template read and make is counted.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.nativetypes import NativeCodeGenerator
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS

from windlass.inventory.document import BITS

LARGEST = 100_000  # characters and items
LONGEST = 1000  # parts of a template: names, operators, filters ...
WIDEST = 999  # characters that `%5d` fills up to, and digits of a rounded number
_KEPT = """
    abs capitalize count d default dictsort first float int items last length list lower map max min reject rejectattr
    reverse select selectattr sort string sum title tojson trim truncate unique upper urlencode wordcount
"""
METHODS = """
    capitalize count endswith find get index items join keys lower lstrip removeprefix removesuffix replace rfind
    rindex rsplit rstrip split splitlines startswith strip title upper values
"""
# A width in a format of `%`; behind the name of a mapping's key any number counts as one.
_WIDTH = re.compile(r"%[^%a-zA-Z(]*(\*|[0-9]{4})|%\(.*(\*|[0-9]{4})", re.DOTALL)


class _Work(threading.local):
    """What the template that is being rendered may still read and make."""

    left = 0


_work = _Work()


@contextmanager
def bounded() -> Iterator[None]:
    """While one template is rendered, maybe in the middle of another; OverflowError where it takes too much."""
    before, _work.left = _work.left, LARGEST
    try:
        yield
    finally:
        _work.left = before


def spend(amount: int) -> None:
    """Count so many characters or items. Raises OverflowError."""
    _work.left -= amount
    if _work.left < 0:
        raise OverflowError(f"more than {LARGEST:,} characters or items")


def count(value: Any) -> Any:
    """The value, whose characters and items, also of what is inside, are counted."""
    spend(_size(value))
    return value


def _size(value: Any) -> int:
    """Characters and items, also of what is inside, up to somewhat above LARGEST; 1 for all else."""
    total = 0
    waiting = [value]
    while waiting and total <= LARGEST:
        item = waiting.pop()
        total += 1
        if isinstance(item, str | bytes):
            total += len(item)
        elif isinstance(item, list | tuple | set) and len(item) <= LARGEST:
            waiting += item
        elif isinstance(item, dict) and len(item) <= LARGEST:
            waiting += item
            waiting += item.values()
        elif isinstance(item, list | tuple | set | dict):
            total += len(item)
    return total


def _counted(function: Any) -> Callable[..., Any]:
    """A filter or test: what it is given and what it makes is counted, also where it comes one by one."""

    @wraps(function)
    def call(*given: Any, **named: Any) -> Any:
        for value in (*given, *named.values()):
            count(value)
        made = function(*given, **named)
        return map(count, made) if isinstance(made, Iterator) else count(made)

    return call


def _check_product(operator: str, left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() * max(right, 0) if operator == "**" else left.bit_length() + right.bit_length()
        if bits > BITS and abs(left) > 1:
            raise OverflowError(f"a number of more than {BITS:,} bits")
    for times, repeated in ((left, right), (right, left)):
        if isinstance(times, int) and isinstance(repeated, str | bytes | list | tuple):
            spend(_size(repeated) * max(times, 0))


def _check_format(text: str, values: Any) -> None:
    if _WIDTH.search(text):
        raise OverflowError(f"a width of more than {WIDEST} characters")
    spend(text.count("%") * _size(values))


def _format(text: Any, *values: Any, **named: Any) -> str:
    _check_format(str(text), named or values)
    return str(text) % (named or values)


def _replace(text: Any, old: str, new: str, number: int = -1) -> str:
    spend((str(text).count(str(old)) + 1) * len(str(new)))
    return str(text).replace(str(old), str(new), number)


@jinja2.pass_eval_context
def _join(context: Any, items: Any, between: str = "", attribute: Any = None) -> Any:
    found = list(items)
    spend(len(found) * len(str(between)))
    return FILTERS["join"](context, found, between, attribute)


def _round(number: Any, digits: int = 0, method: Any = "common") -> Any:
    if abs(digits) > WIDEST:
        raise OverflowError(f"more than {WIDEST} digits")
    return FILTERS["round"](number, digits, method)


@jinja2.pass_environment
def _extract(environment: jinja2.Environment, key: Any, container: Any, *further: Any) -> Any:
    """Ansible's: `groups.web | map('extract', hostvars, 'ansible_host')` does what a loop would be for."""
    for step in (key, *further):
        container = environment.getitem(container, step)
    return container


def _filters() -> dict[str, Any]:
    kept: dict[str, Any] = {name: FILTERS[name] for name in _KEPT.split()}
    return {**kept, "extract": _extract, "format": _format, "join": _join, "replace": _replace, "round": _round}


class Sandbox(ImmutableSandboxedEnvironment):
    """Keeps the type of `{{ expression }}` that stands alone, and text as text: "0123" stays so."""

    code_generator_class = NativeCodeGenerator
    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self) -> None:
        super().__init__(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
        self.globals.clear()
        self.filters = {name: _counted(function) for name, function in _filters().items()}
        self.tests = {name: _counted(function) for name, function in TESTS.items()}

    def check(self, text: str) -> nodes.Template:
        """The template, parsed. Raises ValueError for what it may not have, TemplateSyntaxError."""
        found = self.parse(text)
        if not all(isinstance(node, nodes.Output | nodes.If) for node in found.find_all(nodes.Stmt)):
            raise ValueError("a value may have expressions, filters and `if`, no other statement")
        if sum(1 for _ in found.find_all(nodes.Expr)) > LONGEST:
            raise ValueError(f"more than {LONGEST:,} parts")
        return found

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        count(left)
        count(right)
        if operator in ("*", "**"):
            _check_product(operator, left, right)
        elif operator == "%" and isinstance(left, str):
            _check_format(left, right)
        return count(super().call_binop(context, operator, left, right))

    def call(self, context: Any, method: Any, /, *given: Any, **named: Any) -> Any:
        """Calls a method that cannot take long; with `replace` and `join` the product is counted before."""
        if isinstance(method, jinja2.Undefined):
            return super().call(context, method)
        name, owner = getattr(method, "__name__", ""), getattr(method, "__self__", None)
        if name not in METHODS.split() or not isinstance(owner, str | list | tuple | Mapping):
            raise SecurityError(f"there is no function {name!r} here")
        for value in (owner, *given, *named.values()):
            count(value)
        if name == "replace":
            return count(_replace(owner, *given, **named))
        if name == "join":
            given = (list(*given),)
            spend(len(given[0]) * len(owner))
        return count(super().call(context, method, *given, **named))

    @staticmethod
    def concat(parts: Any) -> Any:
        values = [list(part) if isinstance(part, Iterator) else part for part in parts]
        return count(values[0]) if len(values) == 1 else count("".join([str(count(value)) for value in values]))
