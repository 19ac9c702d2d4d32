"""One app as it goes to a host: its name, its settings and its code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from windlass.settings import AppSettings
    from windlass.source import Source


@dataclass(frozen=True)
class App:
    """An app on its way to a host; `name` is also its Unix user and the stem of its units."""

    name: str
    settings: AppSettings
    source: Source

    @property
    def home(self) -> str:
        """Where releases and venvs live: `/srv/NAME`."""
        return f"/srv/{self.name}"

    @property
    def data(self) -> str:
        """Where the app's own data lives, across releases: `/var/lib/NAME`."""
        return f"/var/lib/{self.name}"
