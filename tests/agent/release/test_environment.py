"""An app's environment: what stands in the file, and what never stands in an output.

That systemd reads the file as it is meant is proved on lab hosts, in tests/lab/test_release.py.
"""

from __future__ import annotations

import html
import json

from hypothesis import given
from hypothesis import strategies as st

from windlass.agent.release.environment import Environment, fingerprints

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True)
VALUES = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=20)


def test_lines_are_quoted_and_in_order() -> None:
    environment = Environment({"B": 'say "hi" $HOME `id` \\n 100%', "A": ""}, frozenset())
    assert environment.file() == b'A=""\nB="say \\"hi\\" \\$HOME \\`id\\` \\\\n 100%"\n'


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_json_brings_it_back(variables: dict[str, str]) -> None:
    environment = Environment(variables, frozenset(variables))
    assert Environment.from_json(environment.to_json()) == environment


def test_the_order_of_settings_changes_nothing() -> None:
    one = Environment({"A": "1", "B": "2"}, frozenset({"A", "B"}))
    other = Environment({"B": "2", "A": "1"}, frozenset({"B", "A"}))
    assert one.to_json() == other.to_json()


def test_secrets_are_blotted_out_the_longest_first() -> None:
    environment = Environment(
        {"KEY": "hunter2-secret", "LONG": "x-hunter2-secret-y", "OPEN": "production", "SHORT": "abc"},
        frozenset({"KEY", "LONG", "SHORT"}),
    )
    text = "KeyError: x-hunter2-secret-y in production, abc, hunter2-secret"
    assert environment.mask(text) == "KeyError: (sensitive) in production, abc, (sensitive)"


def test_a_secret_that_somebody_has_taken_out_of_the_file_is_none() -> None:
    assert Environment({"OTHER": "hunter2-secret"}, frozenset({"KEY"})).mask("hunter2-secret") == "hunter2-secret"


def test_a_secret_is_blotted_out_however_it_is_quoted() -> None:
    value = 'Grüße "hunter2-secret"\\ &\n$HOME'
    environment = Environment({"KEY": value}, frozenset({"KEY"}))
    once, twice = repr([value]), repr(repr([value]))
    for text in (value, once, twice, json.dumps(value), json.dumps([once]), html.escape(twice)):
        assert "hunter2" not in environment.mask(text)


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_the_file_says_what_is_in_it(variables: dict[str, str]) -> None:
    assert Environment.from_file(Environment(variables, frozenset()).file(), frozenset()).variables == variables


def test_fingerprints_tell_the_same_from_another_and_need_the_key() -> None:
    one, other = fingerprints({"A": "x", "B": "x", "C": "y"}, b"key"), fingerprints({"A": "x"}, b"another")
    assert one["A"] == one["B"] != one["C"]
    assert one["A"] != other["A"]


def test_each_line_of_a_secret_is_blotted_out() -> None:
    environment = Environment({"KEY": "-----BEGIN-----\n  c2VjcmV0LTE=\r\nab\n"}, frozenset({"KEY"}))
    assert environment.mask("ValueError: c2VjcmV0LTE= is no key") == "ValueError: (sensitive) is no key"
    assert environment.mask("ab: -----BEGIN-----") == "ab: (sensitive)"


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_an_environment_comes_back_from_its_file(variables: dict[str, str]) -> None:
    known = Environment(variables, frozenset())
    assert Environment.from_file(known.file(), frozenset()) == known


def test_a_secret_is_masked_with_its_blanks_squeezed() -> None:
    known = Environment({"KEY": "one  two\nthree  four"}, frozenset({"KEY"}))
    assert known.mask("HTTP 500: the key is one two three four.") == "HTTP 500: the key is (sensitive)."
