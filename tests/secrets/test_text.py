"""The text of a secrets file: what it means, what is refused, and how one value is changed in it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from windlass.errors import InventoryError
from windlass.secrets.text import entries, with_value, without
from windlass.settings.environment import fault_of_value

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,5}", fullmatch=True)
APPS = st.none() | st.from_regex(r"[a-z][a-z0-9-]{0,5}", fullmatch=True)
VALUES = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=20)

COMMENTED = """\
# for every app
MAIL: "old"  # the mail's
LONG: |
  one
  two

shop:   # the shop
    # its key
    KEY: 'old'
    OTHER: 1  # last

blog: {KEY: flow}
"""


def values(text: str) -> dict[tuple[str | None, str], str]:
    return {key: secret.value for key, secret in entries(text, "x").items()}


def complaint(text: str) -> str:
    with pytest.raises(InventoryError) as raised:
        entries(text, "f.age")
    assert "hidden" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize(
    ("app", "key", "gone"),
    [
        (None, "MAIL", ['MAIL: "old"  # the mail\'s\n']),
        (None, "LONG", ["LONG: |\n", "  one\n", "  two\n"]),
        ("shop", "OTHER", ["    OTHER: 1  # last\n"]),
        ("blog", "KEY", ["blog: {KEY: flow}\n"]),
    ],
)
def test_one_is_taken_out_with_its_lines_alone(app: str | None, key: str, gone: list[str]) -> None:
    changed = without(COMMENTED, app, key)
    assert [line for line in COMMENTED.splitlines(keepends=True) if line not in changed] == gone
    assert values(changed) == {place: value for place, value in values(COMMENTED).items() if place != (app, key)}


@given(st.dictionaries(st.tuples(APPS, NAMES), VALUES, min_size=1))
def test_any_is_taken_out_and_no_other(wanted: dict[tuple[str | None, str], str]) -> None:
    text = ""
    for (app, key), value in wanted.items():
        text = with_value(text, app, key, value) if not fault_of_value(key, value) and app != key else text
    for place in list(values(text))[:1]:
        left = {other: value for other, value in values(text).items() if other != place}
        assert values(without(text, *place)) == left


def test_values_are_taken_as_they_are_written() -> None:
    text = "A: 0123\nB: yes\nC: 2026-11-21\nD: 1.50\nE: ''\nF: |\n  x\n  y\nshop:\n  A: '%s'\n  B: \"\\t\"\n"
    assert values(text) == {
        (None, "A"): "0123",
        (None, "B"): "yes",
        (None, "C"): "2026-11-21",
        (None, "D"): "1.50",
        (None, "E"): "",
        (None, "F"): "x\ny\n",
        ("shop", "A"): "%s",
        ("shop", "B"): "\t",
    }
    assert entries("A: 1\nshop:\n  B: 2\n", "f.age")["shop", "B"].place == "f.age:3"


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n"])
def test_nothing_is_no_secrets(text: str) -> None:
    assert values(text) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A: hidden\nB: 1\nA: hidden2\n", "f.age:3: A is set twice, also at f.age:1"),
        ("shop:\n  A: 1\nshop:\n  A: hidden\n", "f.age:4: A is set twice, also at f.age:2"),
        ("- hidden\n", "f.age: must be a mapping: NAME: value, or APP: with such lines below it"),
        ("hidden\n", "f.age: must be a mapping: NAME: value, or APP: with such lines below it"),
        ("A B: hidden\n", "f.age:1: this is not a name of an environment variable (letters, digits and _)"),
        ("A:\n", 'f.age:1: A has no value; an empty one is ""'),
        ("A: [hidden]\n", "f.age:1: A must be one text"),
        ("shop:\n  web:\n    A: hidden\n", "f.age:2: web must be one text (below shop)"),
        ("A: !hidden x\n", "f.age:1: the tag of A is not understood; text that begins with ! goes in quotes"),
        ("A: 1\n<<<<<<< HEAD\nB: hidden\n", "f.age:2: a merge conflict marker; keep one of the two sides"),
        (
            'A: "hid\\0den"\n',
            "f.age:1: the value of A has a NUL character in it, which no environment variable can carry",
        ),
        ("[a, b]: hidden\n", "f.age:1: this is not a name of an environment variable (letters, digits and _)"),
        ("[a, b]: {A: hidden}\n", "f.age:1: this is not the name of an app"),
    ],
)
def test_refused(text: str, message: str) -> None:
    assert complaint(text) == message


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("A: *hidden\n", "1:4"),
        ("A: @hidden\n", "1:4"),
        ("A: 'hidden\n", "1:4"),
        ("%hidden\n", "1:8"),
        ("A: hidden: b\n", "1:10"),
        ("\tA: 1\n", "1:1"),
    ],
)
def test_what_the_parser_says_is_not_shown(text: str, place: str) -> None:
    assert complaint(text) == (
        f"f.age:{place}: this is not readable as YAML\n"
        "  Lines are NAME: value, or APP: with such lines below it; a value with special characters goes in quotes."
        " (What stands there is not shown.)"
    )


def test_everything_wrong_is_told_at_once() -> None:
    assert len(complaint("A B: 1\nC:\nD: [1]\n").splitlines()) == 3


def test_one_value_is_changed_and_the_rest_stays() -> None:
    assert with_value(COMMENTED, None, "MAIL", "new") == COMMENTED.replace('"old"', '"new"')
    assert with_value(COMMENTED, "shop", "KEY", "a\nb") == COMMENTED.replace("'old'", '"a\\nb"')
    assert with_value(COMMENTED, "shop", "NEW", "x") == COMMENTED.replace("# last\n", '# last\n    NEW: "x"\n')
    assert with_value(COMMENTED, None, "NEW", "x") == COMMENTED + 'NEW: "x"\n'
    assert with_value(COMMENTED, "wiki", "NEW", "x") == COMMENTED + 'wiki:\n  NEW: "x"\n'
    assert values(with_value(COMMENTED, None, "LONG", "x"))[None, "LONG"] == "x"
    assert values(with_value(COMMENTED, "blog", "NEW", "x"))["blog", "NEW"] == "x"
    assert with_value("", "shop", "A", "0123") == 'shop:\n  A: "0123"\n'
    assert with_value("A: 1", None, "B", "2") == 'A: 1\nB: "2"\n'


def test_what_would_not_come_back_is_not_written() -> None:
    with pytest.raises(InventoryError, match=r"^A: YAML cannot carry this value$"):
        with_value("B: 1\n", None, "A", "hidden\ufffe")


@given(st.lists(st.tuples(APPS, NAMES, VALUES), max_size=6))
@example([(None, "A", "\x85\u2028\ufeff\x7f\x1b"), ("a", "A", "  # no: comment\r\n"), (None, "A", "\U0001f600")])
def test_any_value_comes_back(settings: list[tuple[str | None, str, str]]) -> None:
    text, wanted = "# kept\n", {}
    for app, name, value in settings:
        if fault_of_value(name, value) is None:  # no noncharacters, no debug switches
            text = with_value(text, app, name, value)
            wanted[app, name] = value
    assert values(text) == wanted


@given(st.text("AB:&*!|>-[]{},'\"\\#%@?<= \n\t\0\x85\ufffe", max_size=40))
@example("A: &A [*A]\n")
@example("&A {B: *A}\n")
@example("? {A: B}\n: {A: B}\n")
@example("<<: {A: B}\n")
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        entries(text, "f.age")
    except InventoryError as error:
        for line in str(error).splitlines():
            assert line.startswith(("f.age", "  Lines are NAME: value"))
