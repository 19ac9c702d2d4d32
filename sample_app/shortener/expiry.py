"""Expiry: when a link stops working."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta


class ExpiryError(ValueError):
    """Not a moment at which a link can expire; the message is for the visitor who typed it."""


def parse(text: str, now: datetime | None = None) -> datetime | None:
    """A day (the link works until it ends, in UTC) or a moment with its offset; None = never; raises ExpiryError."""
    text = text.strip()
    if not text:
        return None
    try:
        if len(text) <= len("2026-12-24"):
            expires = datetime.combine(date.fromisoformat(text) + timedelta(days=1), datetime.min.time(), UTC)
        else:
            expires = datetime.fromisoformat(text)
            if expires.tzinfo is None:
                raise ExpiryError("Say in which time zone: put Z (for UTC) or an offset such as +02:00 at the end.")
            expires = expires.astimezone(UTC).replace(microsecond=0)
    except ExpiryError:
        raise
    except (ValueError, OverflowError):
        raise ExpiryError("Write the day as year-month-day, such as 2030-12-24.") from None
    if expires <= (now or datetime.now(UTC)):
        raise ExpiryError("This is in the past; the link would never work.")
    return expires
