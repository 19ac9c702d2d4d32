"""What pip is busy with, in few words."""

from __future__ import annotations

import time
from typing import Callable

# No more than one line of progress in this time (seconds).
INTERVAL = 0.5


class Progress:
    """Says which package pip is busy with, not more often than a person can read."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._last = 0.0

    def __call__(self, line: str) -> None:
        words = line.split()
        if line.startswith("Installing collected packages:"):
            self._say(f"installing {len(words) - 3} packages")
        elif words[:1] == ["Collecting"]:
            self._say_now_and_then(f"downloading {words[1]}")
        elif words[:3] == ["Building", "wheel", "for"]:
            self._say_now_and_then(f"building {words[3]}")

    def _say_now_and_then(self, text: str) -> None:
        if time.monotonic() > self._last + INTERVAL:
            self._last = time.monotonic()
            self._say(text)
