"""The filters of values: Jinja2's that take no longer than what they are given, and some of Ansible's."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import jinja2
from jinja2.filters import FILTERS, make_attrgetter
from jinja2.tests import TESTS

from windlass.inventory import budget

WIDEST = 999  # characters that `%5d` fills up to, and digits of a rounded number
_KEPT = """
    abs capitalize count d default dictsort first float int items last length list lower map max min reject rejectattr
    reverse select selectattr sort string title truncate unique upper urlencode wordcount
"""
# A width in a format of `%`; behind the first name of a mapping's key any number counts as one.
_WIDTH = re.compile(r"%[^%a-zA-Z(]*(\*|[0-9]{4})")
_NUMBER = re.compile(r"\*|[0-9]{4}")


def check_format(text: str, values: Any) -> None:
    """Charge for `text % values`. Raises OverflowError."""
    if _WIDTH.search(text) or _NUMBER.search(text.partition("%(")[2]):
        raise OverflowError(f"a width of more than {WIDEST} characters")
    budget.spend(text.count("%") * budget.size(values))


def replace(text: Any, old: str, new: str, number: int = -1) -> str:
    """As `str.replace`, charged for before. Raises OverflowError."""
    budget.spend((str(text).count(str(old)) + 1) * len(str(new)))
    return str(text).replace(str(old), str(new), number)


def filters() -> dict[str, Callable[..., Any]]:
    """Every filter by its name, charged for; `extract` only looks something up."""
    own = {
        "b64encode": _b64encode,
        "format": _format,
        "join": _join,
        "mandatory": _mandatory,
        "replace": replace,
        "round": _round,
        "sum": _sum,
        "ternary": _ternary,
        "tojson": _tojson,
        "trim": _trim,
    }
    kept = {name: FILTERS[name] for name in _KEPT.split()}
    return {"extract": _extract, **{name: _charged(function) for name, function in {**kept, **own}.items()}}


def tests() -> dict[str, Callable[..., Any]]:
    """Every test (`is defined` ...) by its name, charged for."""
    return {name: _charged(function) for name, function in TESTS.items()}


def _charged(function: Any) -> Callable[..., Any]:
    """A filter or test: what it is given and what it makes is charged for, also where it comes one by one."""

    @wraps(function)
    def call(*given: Any, **named: Any) -> Any:
        budget.read(*given, *named.values())
        found = function(*given, **named)
        return map(_passed_on, found) if isinstance(found, Iterator) else budget.made(found)

    return call


def _passed_on(item: Any) -> Any:
    budget.spend(1)  # what made it has charged for its size
    return item


@jinja2.pass_environment
def _extract(environment: jinja2.Environment, key: Any, container: Any, *further: Any) -> Any:
    """Ansible's: `groups.web | map('extract', hostvars, 'ansible_host')` does what a loop would be for."""
    for step in (key, *further):
        container = environment.getitem(container, step)
    return _passed_on(container)


def _format(text: Any, *values: Any, **named: Any) -> str:
    check_format(str(text), named or values)
    return str(text) % (named or values)


@jinja2.pass_eval_context
def _join(context: Any, items: Any, between: str = "", attribute: Any = None) -> Any:
    found = list(items)
    budget.spend(len(found) * len(str(between)))
    return FILTERS["join"](context, found, between, attribute)


def _round(number: Any, digits: int = 0, method: Any = "common") -> Any:
    if abs(digits) > WIDEST:
        raise OverflowError(f"more than {WIDEST} digits")
    return FILTERS["round"](number, digits, method)


@jinja2.pass_environment
def _sum(environment: jinja2.Environment, items: Any, attribute: Any = None, start: Any = 0) -> Any:
    """Of numbers; or of lists, with `start=[]`, each of which is copied once."""
    if attribute is not None:
        items = map(make_attrgetter(environment, attribute), items)
    if isinstance(start, int | float):
        return sum(items, start)
    found = list(start)
    for part in items:
        if not isinstance(part, list | tuple):
            raise TypeError("sum adds numbers, or lists to a list")
        budget.spend(len(part))
        found += part
    return found


@jinja2.pass_eval_context
def _tojson(context: Any, value: Any, indent: None = None) -> str:
    if indent is not None:
        raise ValueError("tojson takes no indent here")
    return str(FILTERS["tojson"](context, value))


def _trim(text: Any, chars: Any = None) -> str:
    budget.compared(text, chars)
    return str(text).strip(chars)


def _ternary(value: Any, yes: Any, no: Any, none: Any = None) -> Any:
    return none if value is None and none is not None else yes if value else no


def _b64encode(text: Any) -> str:
    return base64.b64encode(str(text).encode()).decode()


def _mandatory(value: Any) -> Any:
    str(value)  # raises where it is undefined
    return value
