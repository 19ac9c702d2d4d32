"""The ports that nginx is to listen on: nobody else has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent.failures import Failed
from windlass.agent.listeners import holders, listeners
from windlass.agent.others import described, unit_of
from windlass.agent.resources.resource import Diff, Resource, State

if TYPE_CHECKING:
    from collections.abc import Sequence

NGINX = "nginx.service"
# What to do about a port by the unit that has it, or the name of the process; PORT stands for it.
ADVICE = {
    "docker.service": "`docker ps --filter publish={port}` says which container publishes it: have it publish another.",
    "docker-proxy": "`docker ps --filter publish={port}` says which container publishes it: have it publish another.",
    "init.scope": "`systemctl list-sockets` says which socket unit it is: `systemctl disable --now` that.",
}


@dataclass(eq=False)
class WebPorts(Resource):
    """The TCP `ports` are nginx's, or nobody's; refused otherwise, before anything is changed."""

    ports: Sequence[int]

    @property
    def key(self) -> str:
        return " ".join(map(str, self.ports))

    def desired(self) -> State:
        return {}

    def actual(self) -> State:
        taken = [each for each in listeners(loopback=True) if each.protocol == "tcp" and each.port in self.ports]
        if not taken:
            return {}
        found = holders()
        for each in taken:
            process, name = found.get(each.inode, ("", ""))
            unit = unit_of(process)
            if process and unit != NGINX:
                self._refuse(each.port, process, name, unit)
        return {}

    def apply(self, diff: Diff) -> None:
        raise NotImplementedError("there is nothing to apply: a port is only looked at")

    def _refuse(self, port: int, process: str, name: str, unit: str) -> None:
        stop = f"`systemctl disable --now {unit}`" if unit.endswith((".service", ".socket")) else f"`kill {process}`"
        advice = ADVICE.get(unit) or ADVICE.get(name) or f"Stop it, and see that it stays so: {stop}."
        raise Failed(
            f"nginx needs port {port}, which is {described(process)}'s; nothing was changed",
            hint=f"{advice.format(port=port)} Then run again.",
        )
