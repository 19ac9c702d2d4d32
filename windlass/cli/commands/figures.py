"""Figures as people read them."""

from __future__ import annotations

SPANS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
SIZES = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


def span(seconds: float) -> str:
    """A span of time in its largest unit, e.g. `3 h`."""
    for length, name in SPANS:
        if seconds >= length:
            return f"{seconds // length:.0f} {name}"
    return "0 s"


def size(number: int) -> str:
    """A number of bytes, e.g. `1.2 MiB`."""
    for length, name in SIZES:
        if number >= length:
            return f"{number / length:.1f} {name}"
    return f"{number} B"


def counted(number: int, noun: str) -> str:
    """So many of something, e.g. `1 file`, `2 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def commit(name: str | None, *, dirty: bool) -> str:
    """A git commit, short, and whether there were changes beside it; empty where there is none."""
    return f"{name[:8]}{'+dirty' if dirty else ''}" if name else ""
