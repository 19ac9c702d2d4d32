"""One lab for the whole test session (per xdist worker), and hosts in it that live for one test.

`project` is a folder as a user has it, with the lab in `.windlass/lab`: an inventory put beside it finds the hosts.
"""

from __future__ import annotations

import itertools
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.lab.abandoned import held, remove_abandoned
from tests.lab.equipped import Equipped, equipping
from windlass import lab as labs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from windlass.lab import Lab, LabHost

NUMBERS = itertools.count(1)
# Files that take longest are begun first, so that no worker has one left when the others are done.
LONG = ("test_tls", "test_provision", "test_rolling", "test_sample_app", "test_firewall", "test_rollback", "test_apps")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In their order otherwise, so that a worker has tests of one file and one package after the other."""
    items.sort(key=lambda item: item.path.stem not in LONG)


def say(line: str) -> None:
    """Progress of the lab, shown by pytest for a test that fails."""
    print(line)


@contextmanager
def disposable_lab(project: Path, **options: object) -> Iterator[Lab]:
    """A lab that goes down whatever happens; held by a lock, so that another session knows it is in use."""
    project.mkdir(exist_ok=True)
    folder = project / ".windlass" / "lab"
    with held(project):
        try:
            yield labs.up(folder, say=say, **options)
        finally:
            labs.down(folder, say=say)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project whose lab is the session's."""
    return tmp_path_factory.mktemp("project")


@pytest.fixture
def no_secrets(project: Path) -> Iterator[None]:
    """The project has no sealed secrets before a test, nor after it: they are of hosts that are gone then."""
    folder = project / "inventory/secrets"
    shutil.rmtree(folder, ignore_errors=True)
    yield
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def equipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Equipped]:
    """Makes hosts that have the packages of all roles already, of an image that all workers share."""
    remove_abandoned()
    own = tmp_path_factory.getbasetemp()
    with equipping(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) as found:
        yield found


@pytest.fixture(scope="session")
def lab(project: Path, equipped: Equipped) -> Iterator[Lab]:
    """The session's lab: one Debian 12 host `lab`, equipped where workers share that work, and the ACME server."""
    with disposable_lab(project) as found:
        if "PYTEST_XDIST_WORKER" in os.environ:
            found.remove_host("lab")
            equipped.add(found, "lab").wait()
        yield found


@pytest.fixture(scope="session")
def host(lab: Lab) -> LabHost:
    """The session's host; tests share it, so each leaves it as it was or says so."""
    return lab.host("lab")


@pytest.fixture
def new_host(lab: Lab, equipped: Equipped) -> Iterator[Callable[..., LabHost]]:
    """Makes hosts for one test: `new_host()`, `new_host("debian:13", bare=False)`; removed after it."""
    made: list[LabHost] = []

    def make(image_name: str = "debian:12", *, bare: bool = True) -> LabHost:
        name = f"fresh{next(NUMBERS):02}"
        host = lab.add_host(name, image_name=image_name, say=say) if bare else equipped.add(lab, name, image_name)
        made.append(host)
        host.wait()
        return host

    yield make
    for host in made:
        if host in lab.hosts:
            lab.remove_host(host.name)


@pytest.fixture
def fresh_host(new_host: Callable[..., LabHost]) -> LabHost:
    """A bare host for this test alone."""
    return new_host()


@pytest.fixture
def equipped_host(new_host: Callable[..., LabHost]) -> LabHost:
    """A host for this test alone, on which only the packages are that roles need."""
    return new_host(bare=False)
