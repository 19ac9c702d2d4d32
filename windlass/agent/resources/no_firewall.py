"""A host without nftables rules of Windlass's own, for those who leave the firewall to others."""

from __future__ import annotations

import os
from dataclasses import dataclass

from windlass.agent import files
from windlass.agent.probation import DELAY
from windlass.agent.resources.firewall import NFT, REPLACE, load, on_probation, table
from windlass.agent.resources.resource import Diff, Resource, State


@dataclass(eq=False)
class NoFirewall(Resource):
    """Neither the table `inet windlass` nor the file `path` with its rules, nor what loads it: a unit and a drop-in.

    `unit` and `drop_in` are paths of files. All other rules stay as they are. `delay` is how long a second login may
    take (seconds).
    """

    path: str
    unit: str
    drop_in: str
    delay: int = DELAY

    @property
    def name(self) -> str:
        """As of a firewall that is there: a host has one or the other."""
        return f"firewall {self.path}"

    def desired(self) -> State:
        return None

    def actual(self) -> State:
        return {} if self._left or table(self.machine) else None

    def apply(self, diff: Diff) -> None:
        if os.path.exists(NFT):
            self._unload()
        left = self._left
        if self.unit in left:
            self.machine.run(["systemctl", "disable", "--quiet", "--now", os.path.basename(self.unit)])
        for path in left:
            files.check(os.path.dirname(path))
            os.unlink(path)
        self.machine.run(["systemctl", "daemon-reload"])

    @property
    def _left(self) -> list[str]:
        """Files that are still there."""
        return [path for path in (self.unit, self.drop_in, self.path) if os.path.lexists(path)]

    def _unload(self) -> None:
        probation = on_probation(self.machine, self.delay)
        probation.begin()
        files.write(f"{probation.folder}/old.nft", f"{REPLACE}{table(self.machine)}".encode(), mode=0o600)
        files.write(f"{probation.folder}/none.nft", REPLACE.encode(), mode=0o600)
        probation.change(lambda: load(self.machine, f"{probation.folder}/none.nft"))
