"""What others say, on the operator's terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windlass.errors import HostError
from windlass.words import harmless


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, grün, 日本 🎈", "plain, grün, 日本 🎈"),
        ("\x1b]0;owned\x07 \tx\r\n", "\\x1b]0;owned\\x07 \tx\\r\n"),
        ("\x9b2J\x7f\x00", "\\x9b2J\\x7f\\x00"),
        ("\u202eabc\u2066\u2028", "\\u202eabc\\u2066\\u2028"),
        ("\ud800", "\\ud800"),
        ("10\xa0000\u3000", "10\xa0000\u3000"),
        ("\\x1b", "\\x1b"),
    ],
)
def test_what_could_steer_a_terminal_is_shown_as_what_it_is(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_in_one_line_it_stays() -> None:
    assert harmless("web1\nweb2  ok\t.", lines=False) == "web1\\nweb2  ok\\t."


@given(st.text(st.characters()))
def test_whatever_it_is(text: str) -> None:
    made = harmless(text)
    assert harmless(made) == made
    made.encode()
    assert {unicodedata.category(sign) for sign in made} & {"Cc", "Cf", "Cs", "Zl", "Zp"} <= {"Cc"}
    assert not set(made) & set(map(chr, (*range(9), *range(11, 32), *range(127, 160))))


def test_an_error_may_quote_whomever() -> None:
    error = HostError("it said \x1b[2J", hint="or \x07\n  so")
    assert str(error) == "it said \\x1b[2J\n  or \\x07\n  so"
