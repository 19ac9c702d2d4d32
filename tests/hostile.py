"""Messages as a hostile host may send them: of the right type, nearly so, or not; and a terminal that is watched.

All are generated from the types of `windlass/agent/messages/`.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

# What steers terminals, is taken for markup, fakes lines, or cannot be encoded; harmless words between.
NASTY = (
    *(
        "\x1b[2J",
        "\x1b]0;owned\x07",
        "\x1b[35;7m",
        "\x9b31m",
        "\x1bPq\x1b\\",
        "\x00",
        "\x07",
        "\x08\x08",
        "\x7f",
        "\x85",
    ),
    *("\r", "\nweb2  ok", "\t", "\u202egnp.exe", "\u2066", "\u2028", "\ud800", "[red]", "[/nothing]", "[link=x]", "\\"),
)
words = st.lists(st.sampled_from(NASTY) | st.text(max_size=5) | st.just("word"), max_size=4).map("".join)
junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([-1, 0, 2**63, 2**64, -(2**70), 10**400, 1e308, -0.0, float("nan"), float("inf")])
    | st.floats()
    | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
requests = st.sampled_from(["audit", "converge", "environments", "logs", "releases", "run", "status"])

# What we write to a terminal beside printable text: ends of lines, colours, and rich's live lines.
OURS = re.compile(r"\n|\t|\x1b\[[0-9;]*m|\x1b\[\?25[lh]|\x1b\[\d*A|\x1b\[2K|\r")


@cache
def of(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type, of which now and then a part is junk."""
    return st.one_of(*[_right(kind)] * 9, junk)


def _right(kind: Any) -> st.SearchStrategy[Any]:
    if hasattr(kind, "__required_keys__"):
        fields = {name: of(hint) for name, hint in get_type_hints(kind, include_extras=True).items()}
        fixed = {name: each for name, each in fields.items() if name in kind.__required_keys__}
        return st.fixed_dictionaries(fixed, optional={name: fields[name] for name in fields.keys() - fixed.keys()})
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is Annotated:
        return _annotated(*arguments)
    if origin is list:
        return st.lists(of(arguments[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(words, of(arguments[1]), max_size=3)
    if origin is Union:
        return st.one_of(*map(_right, arguments))
    scalars = {str: words, bool: st.booleans(), int: st.integers(0, 99), float: st.floats(0, 99), type(None): st.none()}
    return scalars.get(kind, junk)


def _annotated(kind: Any, limit: Any) -> st.SearchStrategy[Any]:
    if limit == "lines":
        return words
    if limit == "pair":
        return st.lists(junk, min_size=2, max_size=2)
    low, high = limit
    return st.integers(int(low), int(high)) if kind is int else st.floats(low, high)


@cache
def lines(kinds: tuple[tuple[str, Any], ...]) -> st.SearchStrategy[bytes]:
    """A line of a wire: a message of one of the types by their names, or what is none."""
    messages = st.one_of(*(_right(kind).map(lambda made, name=name: {**made, "type": name}) for name, kind in kinds))
    told = messages.map(lambda message: json.dumps(message).encode())
    rubbish = st.binary(max_size=40) | junk.map(lambda value: json.dumps(value).encode()) | st.just(b"[" * 5000)
    return st.one_of(*[told] * 19, rubbish).map(lambda line: line + b"\n")


class Watched(io.StringIO):
    """A terminal, as far as programs look."""

    def isatty(self) -> bool:
        return True

    def held(self) -> None:
        """Fails if anything came that was not ours, or printable."""
        text = self.getvalue()
        text.encode()
        rest = OURS.sub("", text)
        foreign = {sign for sign in rest if not sign.isprintable() and sign not in "\xa0\u3000"}
        assert {sign for sign in foreign if not sign.isspace()} == set(), repr(text)
        assert "\x1b[35;7m" not in text


@contextlib.contextmanager
def watched() -> Iterator[Watched]:
    """stdout and stderr, as one terminal."""
    terminal = Watched()
    with contextlib.redirect_stdout(terminal), contextlib.redirect_stderr(terminal):
        yield terminal
    terminal.held()
