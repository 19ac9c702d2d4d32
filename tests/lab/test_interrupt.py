"""Ctrl-C and hosts that stop answering, in the middle of a run."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import pytest

from tests.lab.commands import Commands
from tests.terminal_process import CTRL_C, TerminalProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab

NOTHING_LEFT = (
    "for i in $(seq 200); do pgrep -x 'apt-get|dpkg' || pgrep -f '[w]indlass|^slee[p] 1000' || exit 0;"
    " sleep 0.1; done; exit 1"
)


# A program that hangs; found before the real one, which the role `app` runs.
HANGING = "printf '#!/bin/sh\nexec sleep 1000\n' > /usr/local/sbin/useradd; chmod 755 /usr/local/sbin/useradd"


def provisioning(project: Path, *words: str) -> TerminalProcess:
    commands = Commands.in_new_folder(project)
    argv = [sys.executable, str(commands.program), "--project", str(commands.folder)]
    return TerminalProcess([*argv, "provision", *words], {"NO_COLOR": "1"})


@contextmanager
def installing(project: Path, host: LabHost) -> Iterator[TerminalProcess]:
    """A run on a terminal, at the moment when the host installs packages."""
    with provisioning(project, host.name, "--tags", "base") as process:
        host.run("until pgrep -x apt-get; do sleep 0.1; done", timeout=60)
        yield process


@contextmanager
def frozen(host: LabHost) -> Iterator[None]:
    host.pause()
    try:
        yield
    finally:
        host.unpause()


def test_ctrl_c_says_how_far_each_host_came_and_leaves_nothing_anywhere(
    lab: Lab, project: Path, host: LabHost, new_host: Callable[..., LabHost]
) -> None:
    """One host is done, one in the middle, one not begun; then the one in the middle does not answer, either."""
    hosts = [host, new_host(), new_host()]
    done, middle, last = (each.name for each in hosts)
    lab.write()
    hosts[1].run(HANGING)
    for hangs, presses in ((False, 1), (True, 1), (True, 2)):
        with provisioning(project, done, middle, last, "--tags", "app", "--forks", "1") as process:
            hosts[1].run("until pgrep -x sleep; do sleep 0.1; done", timeout=60)
            with frozen(hosts[1]) if hangs else nullcontext():
                for _ in range(presses):
                    process.type(CTRL_C)
                assert process.end() == 130
                assert process.echoes()
        assert "Traceback" not in process.shown
        if presses == 1:
            assert (
                f"{middle}  failed  interrupted after 0 changed, 0 ok\n      Run again: what was done" in process.shown
            )
            assert f"{last}  failed  interrupted before it began\n" in process.shown
            assert re.search(rf"^{done} +\d changed, \d+ ok, ", process.shown, re.MULTILINE)
            assert re.search(rf"^{middle} +not done, ", process.shown, re.MULTILINE)
            assert re.search(rf"^{last} +not done, 0.0 s", process.shown, re.MULTILINE)
            assert "interrupted; run the same command again to finish" in process.shown
        for each in hosts:
            each.run(NOTHING_LEFT, timeout=60)
        hosts[2].run("! test -e /srv/shortener")


def test_a_host_that_hangs_is_given_up_after_25_seconds(project: Path, fresh_host: LabHost) -> None:
    with installing(project, fresh_host) as process, frozen(fresh_host):
        assert process.end(60) == 1
    assert "failed  the connection was lost: no answer for 25 s" in process.shown
    assert "Run again: what was done is kept." in process.shown
    fresh_host.run(NOTHING_LEFT, timeout=30)
