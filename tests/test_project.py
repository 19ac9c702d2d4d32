"""Which hosts a command line means, also where Fabric has made the connection (`fab -H`)."""

from __future__ import annotations

from pathlib import Path

import fabric
import pytest

from windlass.errors import UsageError
from windlass.project import Project

INVENTORY = """\
all:
  hosts:
    a: {ansible_host: 192.0.2.1, ansible_port: 2201}
    b: {ansible_host: 192.0.2.1, ansible_port: 2202}
    c: {ansible_host: 192.0.2.3}
    twin: {ansible_host: 192.0.2.3}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "hosts.yml").write_text(INVENTORY)
    return tmp_path


def host_of(folder: Path, connection: str, limit: str | None = None) -> str:
    (host,) = Project(folder, fabric.Connection(connection)).hosts([], limit, print)
    return host.name


def test_limit_leaves_those_that_match_both(folder: Path) -> None:
    assert [host.name for host in Project(folder).hosts(["all"], "a,c", print)] == ["a", "c"]
    with pytest.raises(UsageError) as raised:
        Project(folder).hosts(["a"], "b", print)
    assert str(raised.value) == "--limit 'b' leaves no host\n  ./deploy.py inventory shows what there is"


def test_a_connection_leads_to_the_host_at_its_address_and_port(folder: Path) -> None:
    assert host_of(folder, "root@192.0.2.1:2201") == "a"
    assert host_of(folder, "root@192.0.2.1:2202") == "b"


def test_a_connection_to_an_address_of_two_hosts_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError) as raised:
        host_of(folder, "root@192.0.2.3")
    assert str(raised.value) == "192.0.2.3:22 is the address of c and twin\n  Name one of them."


def test_a_connection_to_a_host_that_is_not_listed(folder: Path) -> None:
    assert host_of(folder, "root@192.0.2.9") == "192.0.2.9"


def test_limit_counts_for_a_connection_too(folder: Path) -> None:
    with pytest.raises(UsageError, match="--limit 'b' leaves no host"):
        host_of(folder, "root@192.0.2.1:2201", "b")
