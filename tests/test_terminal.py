"""Lines on terminals of any width."""

from __future__ import annotations

import click
import pytest

from windlass.terminal import _broken


@pytest.mark.parametrize(
    ("line", "width", "parts"),
    [
        ("", 10, [""]),
        ("short", 10, ["short"]),
        ("one two three", 13, ["one two three"]),
        ("one two three", 12, ["one two", "    three"]),
        ("  indented by two", 12, ["  indented", "      by two"]),
        ("web1  base  + file", 12, ["web1  base", "    + file"]),
        ("a-word-that-is-too-long for it", 8, ["a-word-that-is-too-long", "    for", "    it"]),
    ],
)
def test_a_line_is_broken_between_words(line: str, width: int, parts: list[str]) -> None:
    assert list(_broken(line, width)) == parts


def test_colours_take_no_width() -> None:
    line = f"{click.style('one', fg='red')} two {click.style('three', fg='green')}"
    assert list(_broken(line, 13)) == [line]
    assert [click.unstyle(part) for part in _broken(line, 12)] == ["one two", "    three"]
