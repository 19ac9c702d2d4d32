"""Expiry: when a link stops working."""

from datetime import UTC, datetime, timedelta

from wtforms import ValidationError


def parse(text: str, now: datetime | None = None) -> datetime | None:
    """A day (it works until that ends, in UTC) or a moment with its offset; None = never; raises ValidationError."""
    text = text.strip()
    if not text:
        return None
    is_day = len(text) <= len("2026-12-24")
    try:
        moment = datetime.fromisoformat(text)
        expires = moment.replace(tzinfo=UTC) + timedelta(days=1) if is_day else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValidationError("Write the day as year-month-day, such as 2030-12-24.") from None
    if moment.tzinfo is None and not is_day:
        raise ValidationError("Say in which time zone: put Z (for UTC) or an offset such as +02:00 at the end.")
    if expires <= (now or datetime.now(UTC)):
        raise ValidationError("This is in the past; the link would never work.")
    return expires.replace(microsecond=0)
