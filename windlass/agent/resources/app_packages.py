"""Debian packages of one app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent.resources.packages import Packages

if TYPE_CHECKING:
    from windlass.agent.resources.resource import State


@dataclass(eq=False)
class AppPackages(Packages):
    """Debian packages that `app` needs; two apps may need the same, and one's trouble is not the other's."""

    app: str = ""

    def desired(self) -> State:
        # A deployment that needs no package does not stop at what dpkg has not finished with others.
        return dict.fromkeys(self.names, "installed")

    @property
    def name(self) -> str:
        return f"packages of {self.app}: {self.key}"
