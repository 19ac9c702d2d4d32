"""This machine as resources see it, for tests of a resource's host half within the test's own process."""

from __future__ import annotations

import ensurepip
import glob
import io
from pathlib import Path
from typing import TYPE_CHECKING

from windlass.agent.machine import Machine
from windlass.agent.resources import Resource, package_index
from windlass.agent.resources.resource import compare
from windlass.agent.wire import Wire

if TYPE_CHECKING:
    import pytest


def on_this_machine(resource: Resource) -> Resource:
    """Puts a resource on this machine."""
    resource.machine = Machine(Wire(io.BytesIO(), io.BytesIO()), bytes, [resource])
    return resource


def have_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has resources find the pip of this test's own Python where the machine has none of Debian's."""
    if not glob.glob(package_index.PIP_WHEELS):
        monkeypatch.setattr(package_index, "PIP_WHEELS", f"{Path(ensurepip.__file__).parent}/_bundled/pip-*.whl")


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
