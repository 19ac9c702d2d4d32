"""A moment in the past as people write it: `10min`, `2h30m`, `yesterday`, `08:30`, `2026-11-21 08:30`."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

EXAMPLES = "10min, 2h, 3d, today, yesterday, 08:30, '2026-11-21 08:30'"

_UNITS = {
    "seconds": ("s", "sec", "secs", "second", "seconds"),
    "minutes": ("m", "min", "mins", "minute", "minutes"),
    "hours": ("h", "hour", "hours"),
    "days": ("d", "day", "days"),
    "weeks": ("w", "week", "weeks"),
}
_SECONDS = {word: timedelta(**{unit: 1}).total_seconds() for unit, words in _UNITS.items() for word in words}
_SPAN = re.compile(r"-?((?:\d{1,9} ?[a-z]+ ?)+?)(?: ?ago)?")


def parse(text: str, now: datetime) -> float:
    """The moment in seconds since the epoch; `now` has a time zone, in which times without one are taken.

    A time of day means the last one. Raises ValueError for what is none, or lies ahead.
    """
    words = text.strip().lower()
    moment = _of_span(words, now) or _of_word(words, now) or _of_clock(words, now) or _of_date(text.strip(), now)
    if moment is None:
        raise ValueError(f"{text!r} is not a time; write for example {EXAMPLES}")
    if moment > now:
        raise ValueError(f"{text!r} lies in the future")
    return max(moment.timestamp(), 0)


def _of_span(words: str, now: datetime) -> datetime | None:
    if not (span := _SPAN.fullmatch(words)):
        return None
    parts = re.findall(r"(\d+) ?([a-z]+)", span[1])
    if any(unit not in _SECONDS for _, unit in parts):
        return None
    try:
        return now - timedelta(seconds=sum(int(number) * _SECONDS[unit] for number, unit in parts))
    except OverflowError:
        return datetime(1970, 1, 1, tzinfo=now.tzinfo)


def _of_word(words: str, now: datetime) -> datetime | None:
    days = {"today": 0, "yesterday": 1}.get(words)
    return None if days is None else datetime.combine(now.date() - timedelta(days), time(), now.tzinfo)


def _of_clock(words: str, now: datetime) -> datetime | None:
    if not re.fullmatch(r"\d\d?:\d\d(:\d\d)?", words):
        return None
    try:
        clock = time.fromisoformat(words.zfill(5) if words.count(":") == 1 else words.zfill(8))
    except ValueError:
        return None
    moment = datetime.combine(now.date(), clock, now.tzinfo)
    return moment if moment <= now else moment - timedelta(days=1)


def _of_date(text: str, now: datetime) -> datetime | None:
    # Digits alone are more likely a forgotten unit than a date.
    if not re.match(r"\d{4}-", text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)
