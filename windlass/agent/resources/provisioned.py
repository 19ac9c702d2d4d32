"""A host that has all that is not of a single app: what `deploy` needs, and leaves to `provision`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent.failures import Failed
from windlass.agent.resources.resource import Resource

if TYPE_CHECKING:
    from windlass.agent.resources.resource import State


@dataclass(eq=False)
class Provisioned(Resource):
    """That the host has been provisioned, told by a file `path` that this writes last; `host` is what users call it."""

    path: str
    host: str

    def desired(self) -> State:
        return {"provisioned": True}

    def actual(self) -> State:
        if not os.path.lexists(self.path):
            raise Failed(
                f"{self.host} has not been provisioned yet: there is no {self.path}",
                hint=f"Provision it once, which deploys, too: ./deploy.py provision {self.host}",
            )
        return {"provisioned": True}
