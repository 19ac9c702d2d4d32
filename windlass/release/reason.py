"""[H] Why a process of an app has failed, as far as what it said tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# What we, Gunicorn, or Python say in a line that is the reason.
_TELLING = re.compile(
    r"windlass: .*|Failed to find attribute .*|Failed to parse .*|Application object must be callable\."
    r"|.*Perhaps out of memory\?"
    r"|[A-Za-z_][\w.]*(Error|Exception|Exit|NotFound|Refused|Interrupt)(: .*)?"
)


def telling(lines: Sequence[str]) -> int | None:
    """The number of the last line that says why; None = there is none."""
    found = [number for number, line in enumerate(lines) if _TELLING.fullmatch(line)]
    return found[-1] if found else None
