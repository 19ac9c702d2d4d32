"""lynis's log as points, so that what no container can have is told apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TEST = re.compile(r"Performing test ID (\S+)")
SYSCTL = re.compile(r"Result: sysctl key (\S+)")
SUM = re.compile(r"Currently having (\d+) points \(out of (\d+)\)")
INDEX = re.compile(r"Hardening index : \[(\d+)\]")

# A container has the machine's kernel: no AppArmor, accounting, audit, clock and USB of its own, and settings of all
# but the network read-only.
OF_THE_MACHINE = {"ACCT-9622", "ACCT-9628", "MACF-6290", "TIME-3104", "USB-3000"}
OF_THE_NETWORK = "net."


@dataclass
class Rating:
    """The points that something got, of those that it could have; `sysctl` is the setting that it is about, if any."""

    test: str
    sysctl: str
    points: int
    most: int

    @property
    def is_of_the_machine(self) -> bool:
        """Whether a host in a container cannot have anything to do with it."""
        return self.test in OF_THE_MACHINE or bool(self.sysctl and not self.sysctl.startswith(OF_THE_NETWORK))


def ratings(log: str) -> Iterator[Rating]:
    """All of them, in order; the log tells the sums so far."""
    test = sysctl = ""
    points = most = 0
    for line in log.splitlines():
        if found := TEST.search(line):
            test, sysctl = found[1], ""
        elif found := SYSCTL.search(line):
            sysctl = found[1]
        elif found := SUM.search(line):
            yield Rating(test, sysctl, int(found[1]) - points, int(found[2]) - most)
            points, most = int(found[1]), int(found[2])


def index(rated: list[Rating]) -> int:
    """lynis's index of these alone, in percent."""
    return 100 * sum(each.points for each in rated) // sum(each.most for each in rated)
