"""A run that ends at a bad moment, because its process is killed or its connection breaks: old or new serves."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.release.proxy import Proxy, proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab.commands import Commands
    from tests.lab.release.world import World

pytestmark = pytest.mark.lab

SETTINGS = {"release_command": "sleep 0.5"}
# What the run says when it has come to a step, and that only then.
STEPS = {
    "upload": "release:notes . upload",
    "venv": "venv:notes . installing",
    "release command": "release:notes . release command",
    "start": "release:notes . start",
    "healthy": "release:notes . healthy",
    "switch": "release:notes . switch",
    "drain": "release:notes . drain",
}


@pytest.fixture
def network(world: World) -> Iterator[Proxy]:
    """What is between `deploy.py` and the host."""
    with proxy(world.host.address, world.host.ssh_port) as found:
        yield found


class Running:
    """A `deploy.py` of a user's, in a process of its own."""

    def __init__(self, commands: Commands, *arguments: str) -> None:
        argv = [sys.executable, str(commands.program), "--project", str(commands.folder), *arguments]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def await_words(self, words: str) -> None:
        """Waits until it says them, and a moment longer, for then it does what it says."""
        assert self.process.stdout
        for line in self.process.stdout:
            if words in " ".join(line.split()):
                time.sleep(0.1)
                return
        raise AssertionError(f"it never said {words!r}")

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def ends(self) -> tuple[int, str]:
        """Its exit status, and the rest of what it says."""
        said, _ = self.process.communicate(timeout=120)
        return self.process.returncode, said


def new_code(world: World, greeting: str, step: str) -> None:
    world.greet(greeting)
    if step == "venv":
        world.edit('"flask>=3.1,<4"', f'"flask>=3.1,<4", "itsdangerous!={len(greeting)}"', "pyproject.toml")


@pytest.mark.parametrize("step", STEPS)
def test_deploy(world: World, network: Proxy, step: str) -> None:
    world.well(**SETTINGS)
    commands = world.commands(network.port, **SETTINGS)
    with world.browsing() as browsed:
        new_code(world, f"cut off in {step}", step)
        running = Running(commands, "deploy", world.host.name)
        running.await_words(STEPS[step])
        network.cut()
        status, said = running.ends()
        assert status == 1
        assert "Traceback" not in said
        assert "Run again" in said
        world.is_idle()

        world.restore()
        new_code(world, f"killed in {step}", step)
        running = Running(commands, "deploy", world.host.name)
        running.await_words(STEPS[step])
        running.kill()
        world.is_idle()
        assert world.visit() in ("Notes, at your service.", f"cut off in {step}", f"killed in {step}")

        world.well(**SETTINGS)
        assert world.visit() == f"killed in {step}"
    assert browsed.failures == {}
    assert browsed.served > 10
    world.is_tidy()


@pytest.mark.parametrize("step", ["start", "switch"])
def test_rollback(world: World, network: Proxy, step: str) -> None:
    world.well()
    world.greet(f"before the rollback in {step}")
    world.well()
    old, new = sorted(world.records())[-2:]
    commands: Any = world.commands(network.port)
    with world.browsing() as browsed:
        running = Running(commands, "rollback", world.host.name, "--to", old)
        running.await_words(STEPS[step])
        network.cut()
        assert running.ends()[0] == 1
        world.is_idle()
        # It may be that all was done, but for saying so.
        assert world.rollback(new).exit_status == 0
        running = Running(commands, "rollback", world.host.name, "--to", old)
        running.await_words(STEPS[step])
        running.kill()
        world.is_idle()
        assert world.current in (old, new)

        assert world.rollback(old).exit_status == 0
        assert world.current == old
    assert browsed.failures == {}
    world.is_tidy()
