"""The primes for Diffie-Hellman key exchange in sshd."""

from __future__ import annotations

import os
from dataclasses import dataclass

from windlass.agent import files
from windlass.agent.resources.resource import Diff, Resource, State


@dataclass(eq=False)
class Moduli(Resource):
    """The primes in the file `path`, as the package brings it, without those shorter than `shortest` (bits).

    A host without the file has none that are too short; sshd then takes primes of its own.
    """

    path: str
    shortest: int

    def desired(self) -> State:
        return {"long": True}

    def actual(self) -> State:
        return {"long": all(self._is_long(line) for line in self._lines())}

    def apply(self, diff: Diff) -> None:
        text = "".join(line for line in self._lines() if self._is_long(line))
        files.write(self.path, text.encode())

    def _lines(self) -> list[str]:
        if not os.path.exists(self.path):
            return []
        with open(self.path, encoding="ascii") as file:
            return file.readlines()

    def _is_long(self, line: str) -> bool:
        """Whether a line is a comment, or its prime is long enough; see moduli(5): sizes are one less than told."""
        columns = line.split()
        return line.startswith("#") or len(columns) < 5 or int(columns[4]) >= self.shortest - 1
