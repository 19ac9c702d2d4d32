"""A value that nobody but its app may see."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Secret:
    """A value, and where it was set (`place`, for messages: `inventory/secrets/web.yml.age:3`)."""

    value: str = field(repr=False)
    place: str
