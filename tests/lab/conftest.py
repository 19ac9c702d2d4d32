"""One lab for the whole test session (per xdist worker), and bare hosts in it that live for one test.

`project` is a folder as a user has it, with the lab in `.windlass/lab`: an inventory put beside it finds the hosts.
"""

from __future__ import annotations

import fcntl
import itertools
import shutil
from contextlib import contextmanager
from tempfile import gettempdir
from typing import TYPE_CHECKING

import pytest

from windlass import lab as labs
from windlass.lab import containers, engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from windlass.lab import Lab, LabHost

ALIVE = "session.lock"
NUMBERS = itertools.count(1)


def say(line: str) -> None:
    """Progress of the lab, shown by pytest for a test that fails."""
    print(line)


@contextmanager
def disposable_lab(project: Path, **options: object) -> Iterator[Lab]:
    """A lab that goes down whatever happens; held by a lock, so that another session knows it is in use."""
    project.mkdir(exist_ok=True)
    folder = project / ".windlass" / "lab"
    with (project / ALIVE).open("w") as alive:
        fcntl.flock(alive, fcntl.LOCK_EX)
        try:
            yield labs.up(folder, say=say, **options)
        finally:
            labs.down(folder, say=say)


def remove_abandoned_labs() -> None:
    """Take down the labs of test sessions that were killed: nobody holds their lock, or their folder is gone."""
    for found in engine.working():
        for folder in containers.folders(found):
            lock = folder.parent.parent / ALIVE
            lost = not folder.exists() and folder.is_relative_to(gettempdir())
            if lost or (lock.exists() and _is_free(lock)):
                labs.down(folder, say=say)


def _is_free(lock: Path) -> bool:
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


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
def lab(project: Path) -> Iterator[Lab]:
    """The session's lab: one Debian 12 host `lab`, and the ACME server."""
    remove_abandoned_labs()
    with disposable_lab(project) as found:
        yield found


@pytest.fixture(scope="session")
def host(lab: Lab) -> LabHost:
    """The session's host; tests share it, so each leaves it as it was or says so."""
    return lab.host("lab")


@pytest.fixture
def new_host(lab: Lab) -> Iterator[Callable[..., LabHost]]:
    """Makes bare hosts for one test: `new_host()`, `new_host(image_name="debian:13")`; removed after it."""
    made: list[LabHost] = []

    def make(image_name: str | None = None) -> LabHost:
        host = lab.add_host(f"fresh{next(NUMBERS):02}", image_name=image_name, say=say)
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
