"""The host's time zone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent.failures import Failed
from windlass.agent.resources.link import Link
from windlass.agent.resources.resource import Unknown

if TYPE_CHECKING:
    from windlass.agent.resources.resource import State

ZONES = "/usr/share/zoneinfo"
# Lines `L America/New_York US/Eastern`: the name that counts, and an old one for it (zic(8)).
NAMES = f"{ZONES}/tzdata.zi"


@dataclass(eq=False)
class TimeZone(Link):
    """The link `path` leads to a time zone's file, `target`, which the host must have."""

    @property
    def name(self) -> str:
        """As of any link."""
        return f"link {self.path}"

    def actual(self) -> State:
        if not os.path.isfile(self.target):
            if not os.path.isdir(ZONES):
                raise Unknown("tzdata is not installed")
            zone = os.path.relpath(self.target, ZONES)
            hint = "`timedatectl list-timezones` on the host lists all."
            if newer := _newer(zone):
                hint = f"Set `timezone: {newer}`, or `packages: [tzdata-legacy]`, then run again."
            raise Failed(f"the host has no time zone {zone}", hint=hint)
        return super().actual()


def _newer(zone: str) -> str:
    """The name that an old one stands for; empty = it is none, or the host does not know."""
    try:
        with open(NAMES, encoding="utf-8") as file:
            links = (line.split() for line in file if line.startswith("L "))
            return next((words[1] for words in links if words[2:] == [zone]), "")
    except OSError:
        return ""
