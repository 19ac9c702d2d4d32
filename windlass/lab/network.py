"""The lab's own network, on which every container has a fixed address."""

from __future__ import annotations

import ipaddress
import itertools
import re
from typing import TYPE_CHECKING

from windlass.errors import LabError
from windlass.lab.engine import EngineError

if TYPE_CHECKING:
    from collections.abc import Container

    from windlass.lab.engine import Engine

SUBNET = re.compile(r'"subnet":\s*"(\d+\.\d+\.\d+\.\d+/\d+)"', re.IGNORECASE)
ACME_NUMBER = 2  # .1 is the gateway
FIRST_HOST_NUMBER = 11


def ensure(engine: Engine, name: str, label: str) -> str:
    """The subnet of the network `name`, created if missing.

    The engine picks a free subnet for a trial network; the real one is then made with it said, because
    docker gives fixed addresses only on a subnet that it was told.
    """
    trial = f"{name}-trial"
    refusal: EngineError | None = None
    for _ in range(5):
        if subnet := _subnet(engine, name):
            return subnet
        try:
            engine.succeeds("network", "rm", trial)  # left by a run that was cut short
            engine.run("network", "create", "--label", label, trial)
            subnet = _subnet(engine, trial)
            engine.run("network", "rm", trial)
            engine.run("network", "create", "--label", label, "--subnet", subnet, name)
        except EngineError as error:
            refusal = error  # another lab was quicker with the same subnet
    raise LabError(f"cannot create a network for the lab: {refusal}", hint=f"look at: {engine.name} network ls")


def address(subnet: str, number: int) -> str:
    """The address with that number in the subnet."""
    return str(ipaddress.ip_network(subnet)[number])


def free_address(subnet: str, taken: Container[str]) -> str:
    """The first address for a host that is not taken."""
    numbers = itertools.count(FIRST_HOST_NUMBER)
    return next(free for number in numbers if (free := address(subnet, number)) not in taken)


def _subnet(engine: Engine, name: str) -> str:
    """The IPv4 subnet of a network; empty if there is no such network."""
    try:
        match = SUBNET.search(engine.run("network", "inspect", name))
    except EngineError:
        return ""
    return match[1] if match else ""
