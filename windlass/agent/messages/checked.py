"""What came over the wire, held against its type: the one place where a message is believed.

Types are those of TypedDicts. A bare `str` is one line, an `int` has 64 bits, a `float` is finite; the others below say
more. Keys that a type does not know are dropped: an agent of another version may say more.
"""

from __future__ import annotations

import math
import types
from contextlib import suppress
from functools import cache
from typing import Annotated, Any, Callable, Literal, Union, get_args, get_origin, get_type_hints

INT64 = (-(2**63), 2**63 - 1)
Count = Annotated[int, (0, 2**63 - 1)]
Size = Annotated[int, (1, 2**63 - 1)]
Span = Annotated[float, (0, 1e11)]  # seconds
Moment = Annotated[float, (0, 253402300799)]  # seconds since the epoch, until the year 9999
Lines = Annotated[str, "lines"]  # text that may have several
Pair = Annotated[list[Any], "pair"]  # before, after

# The longest line of a text (characters), the longest list, and how deep what may be anything goes.
LONGEST, MOST, DEEPEST = 64 * 1024, 100_000, 20

# Makes a text fit for where it goes; it is told whether the text may have several lines.
Words = Callable[[str, bool], str]
Check = Callable[[Any, Words], Any]


class Malformed(Exception):
    """What came is not what it should be."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.where = ""

    def within(self, step: str) -> Malformed:
        """The same, seen from one step further out."""
        self.where = step + self.where
        return self

    def __str__(self) -> str:
        return f"{self.where.lstrip('.') or 'it'} {super().__str__()}"


def as_it_is(text: str, lines: bool) -> str:
    """Words for whom nothing has to be made fit."""
    return text


def checked(kind: Any, value: Any, words: Words = as_it_is) -> Any:
    """The value, made anew of what `kind` knows, its texts by `words`. Raises Malformed."""
    return _check_of(kind)(value, words)


@cache
def _check_of(kind: Any) -> Check:
    if hasattr(kind, "__required_keys__"):
        return _record(kind)
    if kind is Any:
        return _anything
    if kind in _SCALARS:
        return _SCALARS[kind]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return _one_of(arguments)
    if origin is Annotated:
        return _ANNOTATED.get(arguments[1]) or _number(arguments[0], *arguments[1])
    made: Check = _COMPOUND[origin](*map(_check_of, arguments))
    return made


def _record(kind: Any) -> Check:
    checks = {name: _check_of(hint) for name, hint in get_type_hints(kind, include_extras=True).items()}
    others = getattr(kind, "__extra_items__", None)  # as PEP 728 has it
    other = _check_of(others) if others else None

    def check(value: Any, words: Words) -> Any:
        _expect(value, dict)
        missing = kind.__required_keys__ - value.keys()
        if missing:
            raise Malformed(f"lacks {', '.join(sorted(missing))}")
        made = {}
        for name, each in value.items():
            of = checks.get(name, other)
            if of:
                made[name if name in checks else words(name, False)] = _step(of, each, words, f".{name}")
        return made

    return check


def _step(check: Check, value: Any, words: Words, step: str) -> Any:
    try:
        return check(value, words)
    except Malformed as fault:
        raise fault.within(step if step.isprintable() else ascii(step)) from None


def _list(of: Check) -> Check:
    def check(value: Any, words: Words) -> Any:
        _expect(value, list)
        return [_step(of, each, words, f"[{number}]") for number, each in enumerate(value)]

    return check


def _mapping(_: Check, of: Check) -> Check:
    def check(value: Any, words: Words) -> Any:
        _expect(value, dict)
        return {words(name, False): _step(of, each, words, f".{name}") for name, each in value.items()}

    return check


def _union(*checks: Check) -> Check:
    *others, last = (of for of in checks if of is not _nothing)

    def check(value: Any, words: Words) -> Any:
        if value is None and _nothing in checks:
            return None
        for of in others:
            with suppress(Malformed):
                return of(value, words)
        return last(value, words)

    return check


def _one_of(allowed: tuple[Any, ...]) -> Check:
    def check(value: Any, words: Words) -> Any:
        if not any(value is each or (type(value) is type(each) and value == each) for each in allowed):
            raise Malformed(f"is {_shown(value)}, none of {', '.join(map(str, allowed))}")
        return value

    return check


def _number(kind: type, low: float, high: float) -> Check:
    kinds = (int, float) if kind is float else (kind,)

    def check(value: Any, words: Words) -> Any:
        if type(value) not in kinds:
            raise Malformed(f"is {_shown(value)}, no {_NAMES[kind]}")
        if not low <= value <= high:  # NaN is not, either
            raise Malformed(f"is {_shown(value)}, not between {low:g} and {high:g}")
        return value

    return check


def _text(value: Any, words: Words) -> Any:
    _expect(value, str)
    return words(value, True)


def _line(value: Any, words: Words) -> Any:
    _expect(value, str)
    if len(value) > LONGEST:
        raise Malformed(f"has {len(value)} characters, more than {LONGEST}")
    return words(value, False)


def _boolean(value: Any, words: Words) -> Any:
    _expect(value, bool)
    return value


def _pair(value: Any, words: Words) -> Any:
    _expect(value, list)
    if len(value) != 2:
        raise Malformed(f"has {len(value)} entries, not 2")
    return [_anything(each, words) for each in value]


def _nothing(value: Any, words: Words) -> Any:
    _expect(value, type(None))
    return None


def _anything(value: Any, words: Words, depth: int = DEEPEST) -> Any:
    if not depth:
        raise Malformed(f"is nested more than {DEEPEST} deep")
    if isinstance(value, str):
        return words(value, False)
    if isinstance(value, dict):
        return {words(name, False): _anything(each, words, depth - 1) for name, each in value.items()}
    if isinstance(value, list):
        return [_anything(each, words, depth - 1) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise Malformed("is no finite number")
    if isinstance(value, int) and not INT64[0] <= value <= INT64[1]:
        raise Malformed("is a number of more than 64 bits")
    return value


_NAMES: dict[type, str] = {
    bool: "boolean",
    dict: "object",
    float: "number",
    int: "integer",
    list: "list",
    str: "text",
    type(None): "null",
}
_COMPOUND: dict[Any, Callable[..., Check]] = {list: _list, dict: _mapping, Union: _union}
_COMPOUND[getattr(types, "UnionType", Union)] = _union  # since Python 3.10
_ANNOTATED: dict[Any, Check] = {"lines": _text, "pair": _pair}
_SCALARS: dict[Any, Check] = {
    str: _line,
    bool: _boolean,
    int: _number(int, *INT64),
    float: _number(float, -1e15, 1e15),
    type(None): _nothing,
}


def _expect(value: Any, kind: type) -> None:
    if type(value) is not kind:
        raise Malformed(f"is {_shown(value)}, no {_NAMES[kind]}")
    if isinstance(value, (list, dict)) and len(value) > MOST:
        raise Malformed(f"has {len(value)} entries, more than {MOST}")


def _shown(value: Any) -> str:
    """The beginning of a value, in ASCII."""
    if isinstance(value, (dict, list)):
        return f"a{'n' if isinstance(value, dict) else ''} {_NAMES[type(value)]}"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**200:
        return "a very large number"
    return ascii(value[:40] if isinstance(value, str) else value)
