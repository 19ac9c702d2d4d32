"""This machine as resources see it, for tests of a resource's host half within the test's own process."""

from __future__ import annotations

import io

from windlass.agent.machine import Machine
from windlass.agent.resources import Resource
from windlass.agent.resources.resource import compare
from windlass.agent.wire import Wire


def on_this_machine(resource: Resource) -> Resource:
    """Puts a resource on this machine."""
    resource.machine = Machine(Wire(io.BytesIO(), io.BytesIO()), bytes, [resource])
    return resource


def converge(resource: Resource) -> list[str]:
    """What an agent does, without its reports: gives back the attributes that were changed.

    Fails when there is still a difference after that.
    """
    on_this_machine(resource)
    diff = compare(resource.desired(), resource.actual())
    if diff:
        resource.apply(diff)
        resource.machine.forget()
        assert compare(resource.desired(), resource.actual()) == {}
    return sorted(diff)
