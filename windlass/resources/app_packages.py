"""[H] Debian packages of one app."""

from __future__ import annotations

from dataclasses import dataclass

from windlass.resources.packages import Packages


@dataclass(eq=False)
class AppPackages(Packages):
    """Debian packages that `app` needs; two apps may need the same, and one's trouble is not the other's."""

    app: str = ""

    @property
    def name(self) -> str:
        return f"packages of {self.app}: {self.key}"
