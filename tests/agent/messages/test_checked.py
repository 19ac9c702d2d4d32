"""Values held against types."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

import pytest

from windlass.agent.messages.checked import Count, Lines, Malformed, Moment, Pair, Size, checked


class Wheel(TypedDict):
    size: Size
    kind: Literal["front", "rear"]


class Maybe(TypedDict, total=False):
    note: Lines | None


class Car(Maybe):
    name: str
    wheels: list[Wheel]
    plates: dict[str, Count | str]
    change: Pair
    built: Moment
    anything: Any


class Open(TypedDict):
    name: str


Open.__extra_items__ = Count  # type: ignore[attr-defined]
CAR = {
    "name": "a",
    "wheels": [{"size": 1, "kind": "rear"}],
    "plates": {"de": "B-1", "fr": 7},
    "change": [None, {"x": [1.5]}],
    "built": 0,
    "anything": [True],
}


def test_what_is_as_it_should_be_is_made_anew_of_what_is_known() -> None:
    assert checked(Car, {**CAR, "unknown": 1}) == CAR
    assert checked(Car, {**CAR, "note": None})["note"] is None
    assert checked(Open, {"name": "a", "b": 3}) == {"name": "a", "b": 3}


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": 1}, "name is 1, no text"),
        ({"name": "x" * 65_537}, "name has 65537 characters, more than 65536"),
        ({"name": None}, "name is None, no text"),
        ({"wheels": {}}, "wheels is an object, no list"),
        ({"wheels": [None]}, "wheels[0] is None, no object"),
        ({"wheels": [{"size": 1}]}, "wheels[0] lacks kind"),
        ({"wheels": [{"size": 0, "kind": "rear"}]}, "wheels[0].size is 0, not between 1 and 9.22337e+18"),
        ({"wheels": [{"size": True, "kind": "rear"}]}, "wheels[0].size is True, no integer"),
        ({"wheels": [{"size": 2**999, "kind": "rear"}]}, "wheels[0].size is a very large number, not between 1 and"),
        ({"wheels": [{"size": 1, "kind": "\x1b"}]}, "wheels[0].kind is '\\x1b', none of front, rear"),
        ({"wheels": [{}] * 100_001}, "wheels has 100001 entries, more than 100000"),
        ({"plates": {"\x1b[2J": []}}, "'.\\x1b[2J' is a list, no text"),
        ({"plates": {"de": -1}}, "plates.de is -1, no text"),
        ({"change": [1]}, "change has 1 entries, not 2"),
        ({"change": [1, float("inf")]}, "change is no finite number"),
        ({"change": [1, 2**64]}, "change is a number of more than 64 bits"),
        ({"built": float("nan")}, "built is nan, not between 0 and 2.53402e+11"),
        ({"built": 1e300}, "built is 1e+300, not between 0 and 2.53402e+11"),
        ({"note": False}, "note is False, no text"),
        ({"anything": nested(21)}, "anything is nested more than 20 deep"),
    ],
)
def test_what_is_not_is_told_with_the_way_to_it(change: dict[str, Any], words: str) -> None:
    with pytest.raises(Malformed) as raised:
        checked(Car, {**CAR, **change})
    assert words in str(raised.value)
    assert str(raised.value).isprintable()


def test_texts_are_made_fit_where_they_are() -> None:
    def words(text: str, lines: bool) -> str:
        return f"<{text} {'lines' if lines else 'line'}>"

    made = checked(Car, {**CAR, "note": "n"}, words)
    assert made["name"] == "<a line>"
    assert made["note"] == "<n lines>"
    assert made["plates"] == {"<de line>": "<B-1 line>", "<fr line>": 7}
    assert made["change"] == [None, {"<x line>": [1.5]}]


def test_what_is_not_an_object_at_all() -> None:
    with pytest.raises(Malformed) as raised:
        checked(Car, [])
    assert str(raised.value) == "it is a list, no object"
