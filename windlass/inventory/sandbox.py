"""Jinja2 for values of an inventory: expressions, filters and `if`, with a bound to the time and memory they take.

There are no loops, macros and functions, and what the filters, operators and methods of one template read and make
is charged for.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.nativetypes import NativeCodeGenerator
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from windlass.inventory import budget, filters
from windlass.inventory.document import BITS

LONGEST = 1000  # parts of a template: names, operators, filters ...
METHODS = """
    capitalize count endswith find get index isalnum isalpha isascii isdecimal isdigit islower isnumeric isspace istitle
    isupper items join keys lower lstrip removeprefix removesuffix replace rfind rindex rsplit rstrip split splitlines
    startswith strip title upper values
"""
_OF_MAPPINGS = ("get", "items", "keys", "values")
_LOOP = "a filter does what a loop is for: groups.web | map('extract', hostvars, 'ansible_host') | join(','), or select"


def _check_product(operator: str, left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() * max(right, 0) if operator == "**" else left.bit_length() + right.bit_length()
        if bits > BITS and abs(left) > 1:
            raise OverflowError(f"a number of more than {BITS:,} bits")
    for times, repeated in ((left, right), (right, left)):
        if isinstance(times, int) and isinstance(repeated, str | bytes | list | tuple):
            budget.spend(budget.size(repeated) * max(times, 0))


def _plain(value: Any) -> Any:
    """The value as YAML could have it, without the classes of Jinja2 and Python that it may have inside."""
    if isinstance(value, jinja2.Undefined):
        str(value)  # raises, as all of them are strict
    if isinstance(value, Markup):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(below) for key, below in value.items()}
    if isinstance(value, list | Iterator | KeysView | ValuesView | ItemsView):
        return [_plain(below) for below in value]
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    if callable(value):
        name = getattr(value, "__name__", "this")
        raise ValueError(f"{name} is a method; it is called with brackets behind it: {name}()")
    return value


def _missing(kind: str, name: object, there: Iterable[str]) -> str:
    return f"there is no {kind} {name!r} here; there are {', '.join(sorted(there))}"


class Sandbox(ImmutableSandboxedEnvironment):
    """Keeps the type of `{{ expression }}` that stands alone, and text as text: "0123" stays so."""

    code_generator_class = NativeCodeGenerator
    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self) -> None:
        super().__init__(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
        self.globals.clear()
        self.filters.clear()
        self.filters.update(filters.filters())
        self.tests.update(filters.tests())

    def check(self, text: str) -> nodes.Template:
        """The template, parsed. Raises ValueError for what it may not have, TemplateSyntaxError."""
        found = self.parse(text)
        if not all(isinstance(node, nodes.Output | nodes.If) for node in found.find_all(nodes.Stmt)):
            hint = f"; {_LOOP}" if any(found.find_all(nodes.For)) else ""
            raise ValueError(f"a value may have expressions, filters and `if`, no other statement{hint}")
        if sum(1 for _ in found.find_all(nodes.Expr)) > LONGEST:
            raise ValueError(f"more than {LONGEST:,} parts")
        for node in found.find_all((nodes.Filter, nodes.Test)):
            self._check_name("filter" if isinstance(node, nodes.Filter) else "test", node.name)
        return found

    def call_filter(self, name: str, *given: Any, **named: Any) -> Any:
        """The filter that `map` is given by its name."""
        self._check_name("filter", name)
        return super().call_filter(name, *given, **named)

    def call_test(self, name: str, *given: Any, **named: Any) -> Any:
        """The test that `select` is given by its name."""
        self._check_name("test", name)
        return super().call_test(name, *given, **named)

    def _check_name(self, kind: str, name: str) -> None:
        there = self.filters if kind == "filter" else self.tests
        if name not in there:
            raise ValueError(_missing(kind, name, filter(str.isidentifier, there)))

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self._of_host(obj, attribute) if _is_ours(obj) else super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        return self._of_host(obj, argument) if _is_ours(obj) else super().getitem(obj, argument)

    def _of_host(self, values: Mapping[str, Any], name: Any) -> Any:
        """A variable by its name, whatever the class that holds them has of that name."""
        try:
            return values[name]
        except LookupError:
            return getattr(values, name) if name in _OF_MAPPINGS else self.undefined(obj=values, name=name)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        budget.read(left, right)
        if operator in ("*", "**"):
            _check_product(operator, left, right)
        elif operator == "%" and isinstance(left, str):
            filters.check_format(left, right)
        return budget.made(super().call_binop(context, operator, left, right))

    def call(self, context: Any, method: Any, /, *given: Any, **named: Any) -> Any:
        """Calls a method that cannot take long; with `replace` and `join` the product is charged for before."""
        if isinstance(method, jinja2.Undefined):
            return super().call(context, method)
        name, owner = getattr(method, "__name__", ""), getattr(method, "__self__", None)
        if name not in METHODS.split() or not isinstance(owner, str | list | tuple | Mapping):
            raise SecurityError(_missing("method", name, METHODS.split()))
        budget.read(owner, *given, *named.values())
        if name == "replace":
            return budget.made(filters.replace(owner, *given, **named))
        if name == "join":
            given = (list(*given),)
            budget.spend(len(given[0]) * len(owner))
        elif isinstance(owner, str):
            budget.compared(owner, *given, *named.values())
        found = super().call(context, method, *given, **named)
        return budget.made(list(found) if isinstance(found, KeysView | ValuesView | ItemsView) else found)

    @staticmethod
    def concat(parts: Any) -> Any:
        values = [_plain(part) for part in parts]
        if len(values) == 1:
            return budget.made(values[0])
        return budget.made("".join([str(budget.made(value)) for value in values]))


def _is_ours(value: Any) -> bool:
    return isinstance(value, Mapping) and not isinstance(value, dict)
