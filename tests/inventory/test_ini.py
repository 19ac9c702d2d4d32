"""The quick ways through a line of INI: what they give is what the slow ones give, which are Ansible's."""

from __future__ import annotations

import ast
import shlex
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windlass.inventory.ini import _value, _words

# With what a shell, Python and Unicode each have for blanks and quotes.
pieces = ["a", "b1", "x=", "'", '"', "\\", "#", " ", "\t", ",", "(", ")", "[", "]", "True", "None", "5", "0", "."]
pieces += ["-", "+", "e", "j", "_", "/", "~", "{", "}", ":", "é", "\u00a0", "\x0b", "\x1c", "\u2028", "'a b'", '"c d"']
texts = st.lists(st.sampled_from(pieces), max_size=8).map("".join)


@given(texts)
def test_words_are_those_of_a_shell(text: str) -> None:
    line = text.strip()
    try:
        expected = shlex.split(line, comments=True)
    except ValueError:
        with pytest.raises(ValueError, match="a quote without its partner; text with one in it goes in the other kind"):
            _words(line)
        return
    assert _words(line) == expected


@given(texts)
def test_values_are_literals_of_python_or_text(text: str) -> None:
    text = text.strip()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            expected = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            expected = text
    found = _value(text)
    if isinstance(expected, tuple | set):
        expected = list(expected)
    if isinstance(expected, str | int | list | None):
        assert found == expected
        assert type(found) is type(expected)
