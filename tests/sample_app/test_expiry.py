from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wtforms import ValidationError

from shortener import expiry

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("", None),
        (" ", None),
        ("2026-11-21", datetime(2026, 11, 22, tzinfo=UTC)),
        (" 2030-12-31 ", datetime(2031, 1, 1, tzinfo=UTC)),
        ("2030-12-24T18:00:00Z", datetime(2030, 12, 24, 18, tzinfo=UTC)),
        ("2030-12-24T18:00+02:00", datetime(2030, 12, 24, 16, tzinfo=UTC)),
    ],
)
def test_accepted(typed, moment):
    assert expiry.parse(typed, NOW) == moment


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("tomorrow", "year-month-day"),
        ("24.12.2030", "year-month-day"),
        ("2030-02-30", "year-month-day"),
        ("9999-12-31", "year-month-day"),
        ("9999-12-31T23:59:59-12:00", "year-month-day"),
        ("2030-12-24T18:00:00", "time zone"),
        ("2026-11-20", "in the past"),
        ("2026-11-21T12:00:00Z", "in the past"),
    ],
)
def test_refused_with_the_reason(typed, reason):
    with pytest.raises(ValidationError, match=reason):
        expiry.parse(typed, NOW)


@given(st.text() | st.datetimes().map(str) | st.dates().map(str))
def test_whatever_is_typed_gives_a_moment_in_utc_or_a_reason(typed):
    try:
        moment = expiry.parse(typed, NOW)
    except ValidationError:
        return
    assert moment is None or (moment > NOW and moment.utcoffset().total_seconds() == 0)
