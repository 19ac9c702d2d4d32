import re
from collections import Counter

import pytest
from wtforms import ValidationError

from shortener import codes

from .conftest import sqlite_only


def test_codes_are_spread_over_the_whole_alphabet():
    made = [codes.draw() for _ in range(2000)]
    assert len(set(made)) == 2000
    for place in zip(*made, strict=True):
        seen = Counter(place)
        assert set(seen) == set(codes.ALPHABET)
        assert max(seen.values()) < 100  # 41 on average; 100 would be 9 standard deviations off
    assert not re.search("[aeiouAEIOU01lI]", "".join(made))


@pytest.mark.parametrize(
    ("typed", "alias"),
    [
        ("", None),
        ("  ", None),
        ("My-Talk", "my-talk"),
        (" 2026_q1 ", "2026_q1"),
        ("a" * 64, "a" * 64),
        ("api2", "api2"),
    ],
)
def test_aliases_that_can_be_had(typed, alias):
    assert codes.parse_alias(typed) == alias


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("ab", "3 to 64 characters; this one has 2"),
        ("a" * 65, "this one has 65"),
        ("my talk", "letters a to z"),
        ("-talk", "letters a to z"),
        ("talk_", "letters a to z"),
        ("tälk", "letters a to z"),
        ("t\u0430lk", "letters a to z"),  # a Cyrillic letter
        ("my/talk", "letters a to z"),
        ("favicon.ico", "letters a to z"),
        ("Login", "keeps for itself"),
        ("static", "keeps for itself"),
    ],
)
def test_aliases_that_cannot(typed, reason):
    with pytest.raises(ValidationError, match=r"^[^\n]{,200}$") as refusal:
        codes.parse_alias(typed)
    assert reason in str(refusal.value)


@sqlite_only
def test_every_path_of_our_own_is_reserved(app):
    first = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()} - {"", "<code:code>"}
    assert {"links", "api", "static", "healthz"} <= first
    assert first <= codes.RESERVED
