"""An app as its visitors meet it, by its domains, at the host's own addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent.failures import Failed
from windlass.agent.nginx.reach import Domain, amiss
from windlass.agent.release.health import Question
from windlass.agent.release.instance import Instance
from windlass.agent.release.records import Releases
from windlass.agent.resources.certificate import LINKS, leaf
from windlass.agent.resources.nginx import configuration
from windlass.agent.resources.resource import Diff, Resource, State
from windlass.agent.resources.unit import show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from windlass.agent.machine import Machine

HINT = (
    "A domain can be in one server block only: take it out of that one, or out of the app's `domains`. Another server"
    " or container has to leave ports 80 and 443 to nginx. Then run again."
)

# How long the app itself may take to answer (seconds).
PROBE_TIMEOUT = 10


@dataclass(eq=False)
class Visited(Resource):
    """Who comes to the domains `names` of a deployed app meets it, not another's server.

    `path` answers with 2xx, "" = nobody has said which does; `tls` = over HTTPS, with the app's certificate of nginx's.
    """

    app: str
    names: Sequence[str]
    path: str
    tls: bool

    def desired(self) -> State:
        return {}

    def actual(self) -> State:
        told = unreached(self.machine, self.app, self.names, self.path, tls=self.tls, patient=True)
        if told and self._is_well():
            raise Failed("visitors do not meet the app: " + "; ".join(told), hint=HINT)
        return {}

    def _is_well(self) -> bool:
        """Whether the app itself answers as it should; where it does not, its release tells."""
        current = Releases(f"/srv/{self.app}").current
        instance = Instance(self.machine, self.app, current.id if current else "")
        # Asking would start a service that somebody has stopped: its socket still listens.
        if show(self.machine, instance.service).get("ActiveState") != "active":
            return False
        try:
            return Question(self.names[0], self.path).ask(instance.address, PROBE_TIMEOUT).good
        except OSError:
            return False

    def apply(self, diff: Diff) -> None:
        raise NotImplementedError("there is nothing to apply: an app is only visited")


def unreached(
    machine: Machine, app: str, names: Sequence[str], path: str, *, tls: bool, patient: bool = False
) -> list[str]:
    """What visitors of an app's domains meet instead of it, a line each; nothing, where it was never deployed."""
    if Releases(f"/srv/{app}").current is None:
        return []
    try:
        certificate = leaf(f"{LINKS}/{app}") if tls else None
    except (OSError, ValueError):
        return []  # there is none yet
    return amiss(configuration(machine), [Domain(app, name, path, certificate) for name in names], patient=patient)
