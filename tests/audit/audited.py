"""The host that is looked at, and those that look at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.commands import Commands
    from windlass.lab import Lab, LabHost

NAME = "shortener.lab.test"
APT = "DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -q -y"


@dataclass
class Audited:
    """The host, its lab and the commands that made it; `newer` has tools of Debian 13, `visitor` of Debian 12."""

    commands: Commands
    lab: Lab
    host: LabHost
    newer: LabHost
    visitor: LabHost

    @property
    def roots(self) -> Path:
        """A file with the lab's own certification authority."""
        file = self.commands.folder / "roots.pem"
        file.write_text(self.lab.acme.roots())
        return file


def install(host: LabHost, *packages: str) -> None:
    """Installs Debian packages on a host, none that are only recommended."""
    host.run(f"{APT} update >/dev/null", timeout=300)
    host.run(f"{APT} install --no-install-recommends {' '.join(packages)} >/dev/null 2>&1", timeout=600)
