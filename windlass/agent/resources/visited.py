"""An app as its visitors meet it, by its domains, at the host's own addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent.failures import Failed
from windlass.agent.nginx.reach import Domain, amiss
from windlass.agent.release.records import Releases
from windlass.agent.resources.certificate import LINKS, leaf
from windlass.agent.resources.nginx import configuration
from windlass.agent.resources.resource import Diff, Resource, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from windlass.agent.machine import Machine

HINT = (
    "A domain can be in one server block only: take it out of that one, or out of the app's `domains`. Another server"
    " or container has to leave ports 80 and 443 to nginx. Then run again."
)


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
        if told := unreached(self.machine, self.app, self.names, self.path, tls=self.tls, patient=True):
            raise Failed("visitors do not meet the app: " + "; ".join(told), hint=HINT)
        return {}

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
