"""Ctrl-C and hosts that stop answering, in the middle of a run."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.lab.commands import Commands
from tests.terminal_process import CTRL_C, TerminalProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from windlass.lab import LabHost

pytestmark = pytest.mark.lab

NOTHING_LEFT = (
    "for i in $(seq 100); do pgrep -x 'apt-get|dpkg' || pgrep -f '[w]indlass' || exit 0; sleep 0.1; done; exit 1"
)


@contextmanager
def installing(project: Path, host: LabHost) -> Iterator[TerminalProcess]:
    """A run on a terminal, at the moment when the host installs packages."""
    commands = Commands.in_new_folder(project)
    argv = [sys.executable, str(commands.program), "--project", str(commands.folder)]
    with TerminalProcess([*argv, "provision", host.name, "--tags", "base"], {"NO_COLOR": "1"}) as process:
        host.run("until pgrep -x apt-get; do sleep 0.1; done", timeout=30)
        yield process


@contextmanager
def frozen(host: LabHost) -> Iterator[None]:
    host.pause()
    try:
        yield
    finally:
        host.unpause()


def test_ctrl_c_on_a_terminal_says_how_far_each_host_came_and_leaves_nothing(
    project: Path, fresh_host: LabHost
) -> None:
    with installing(project, fresh_host) as process:
        process.type(CTRL_C)
        assert process.end(15) == 130
        assert process.echoes()
    assert f"{fresh_host.name}  failed  interrupted after " in process.shown
    assert "interrupted; run the same command again to finish" in process.shown
    assert "Traceback" not in process.shown
    fresh_host.run(NOTHING_LEFT, timeout=30)


@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_ends_a_run_whose_host_hangs(project: Path, fresh_host: LabHost, presses: int) -> None:
    with installing(project, fresh_host) as process:
        with frozen(fresh_host):
            time.sleep(0.5)
            began = time.monotonic()
            for _ in range(presses):
                process.type(CTRL_C)
            assert process.end(15) == 130
            assert time.monotonic() - began < 3
        assert "Traceback" not in process.shown
    fresh_host.run(NOTHING_LEFT, timeout=30)


def test_a_host_that_hangs_is_given_up_within_30_seconds(project: Path, fresh_host: LabHost) -> None:
    with installing(project, fresh_host) as process, frozen(fresh_host):
        began = time.monotonic()
        assert process.end(60) == 1
        assert 10 < time.monotonic() - began < 30
    assert "failed  the agent ended before it was done: no answer for 25 s" in process.shown
    assert "Run again: what was done is kept." in process.shown
    fresh_host.run(NOTHING_LEFT, timeout=30)
