"""Where values have Jinja2 templates in them, found without Jinja2, which takes a while to import."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from windlass.inventory.document import Unsafe

if TYPE_CHECKING:
    from collections.abc import Iterator

# A template that only names another value.
REFERENCE = re.compile(r"\s*\{\{\s*([A-Za-z_][\w.]*)\s*\}\}\s*", re.ASCII)


def has_template(value: Any) -> bool:
    """Whether a value is a template, or has one in it."""
    if isinstance(value, str):
        return ("{{" in value or "{%" in value) and not isinstance(value, Unsafe)
    if isinstance(value, dict):
        return any(map(has_template, value.values()))
    return isinstance(value, list) and any(map(has_template, value))


def templates_in(value: Any) -> Iterator[str]:
    """The templates in a value."""
    if isinstance(value, dict | list):
        for below in value.values() if isinstance(value, dict) else value:
            yield from templates_in(below)
    elif has_template(value):
        yield value
