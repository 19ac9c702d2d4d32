"""Moments as people write them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from windlass.cli.moment import parse

ZONE = timezone(timedelta(hours=2))
NOW = datetime(2026, 11, 21, 8, 30, 15, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("10min", "2026-11-21 08:20:15"),
        ("-10m", "2026-11-21 08:20:15"),
        ("90 s", "2026-11-21 08:28:45"),
        ("2h30m", "2026-11-21 06:00:15"),
        ("1 hour 30 minutes ago", "2026-11-21 07:00:15"),
        ("3 Days ago", "2026-11-18 08:30:15"),
        ("1w", "2026-11-14 08:30:15"),
        ("today", "2026-11-21 00:00:00"),
        (" yesterday ", "2026-11-20 00:00:00"),
        ("8:30", "2026-11-21 08:30:00"),
        ("08:30:14", "2026-11-21 08:30:14"),
        ("23:59", "2026-11-20 23:59:00"),
        ("2026-11-20", "2026-11-20 00:00:00"),
        ("2026-11-20 08:30", "2026-11-20 08:30:00"),
        ("2026-11-20T08:30:01Z", "2026-11-20 10:30:01"),
        ("2026-11-20T08:30:01+02:00", "2026-11-20 08:30:01"),
        ("999999999w", "1970-01-01 00:00:00"),
    ],
)
def test_moments(text: str, moment: str) -> None:
    expected = datetime.fromisoformat(moment).replace(tzinfo=ZONE).timestamp()
    assert parse(text, NOW) == max(expected, 0)


@pytest.mark.parametrize(
    "text", ["", "soon", "10", "10 parsecs", "25:00", "8:3", "2026-13-01", "2026", "1h; reboot", "$(reboot)", "-"]
)
def test_no_moments(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time; write for example 10min, 2h"):
        parse(text, NOW)


def test_the_future_has_no_logs() -> None:
    with pytest.raises(ValueError, match="'2026-11-22' lies in the future"):
        parse("2026-11-22", NOW)
