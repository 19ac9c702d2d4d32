"""A host that has never been provisioned is called that."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.local_machine import on_this_machine
from windlass.agent.failures import Failed
from windlass.agent.resources import Provisioned


def test_a_new_host(tmp_path: Path) -> None:
    path = tmp_path / "mark"
    resource = on_this_machine(Provisioned(str(path), "www.example.com"))
    with pytest.raises(Failed) as failure:
        resource.actual()
    assert str(failure.value) == f"www.example.com has not been provisioned yet: there is no {path}"
    assert failure.value.hint == "Provision it once, which deploys, too: ./deploy.py provision www.example.com"
    path.touch()
    assert resource.actual() == resource.desired()
