"""Ctrl-C and hosts that stop answering, in the middle of a run."""

from __future__ import annotations

import os
import re
import signal
import sys
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import pytest

from tests.lab.commands import ROOT, Commands
from tests.lab.slow_package import CONFIGURING, UNPACKING, slow_package
from tests.terminal_process import CTRL_C, TerminalProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.lab.slow_package import SlowPackage
    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab

FINISHING = "apt ends as soon as dpkg has done what it has begun"
NOTHING_LEFT = (
    "for i in $(seq 900); do pgrep -x 'apt-get|dpkg' || pgrep -f '[w]indlass|^slee[p] 1000' || exit 0;"
    " sleep 0.1; done; exit 1"
)


# A program that hangs; found before the real one, which the role `app` runs.
HANGING = "printf '#!/bin/sh\nexec sleep 1000\n' > /usr/local/sbin/useradd; chmod 755 /usr/local/sbin/useradd"


# The command line, with a role `base` that has no packages but those of the settings: fewer take less time.
FEW_PACKAGES = f"""
import sys
sys.path[0] = {str(ROOT)!r}
import roles, windlass.cli.cli
sys.modules["roles.base"]._packages = lambda settings: settings.packages
windlass.cli.cli.main()
"""


def provisioning(project: Path, *words: str, program: Sequence[str] = (str(ROOT / "deploy.py"),)) -> TerminalProcess:
    commands = Commands.in_new_folder(project)
    argv = [sys.executable, *program, "--project", str(commands.folder)]
    return TerminalProcess([*argv, "provision", *words], {"NO_COLOR": "1"})


def provisioning_slow(project: Path, host: LabHost) -> TerminalProcess:
    words = (host.name, "--tags", "base", "-e", "packages=[slow]")
    return provisioning(project, *words, program=("-c", FEW_PACKAGES))


@contextmanager
def installing(project: Path, host: LabHost) -> Iterator[TerminalProcess]:
    """A run on a terminal, at the moment when the host installs packages."""
    with provisioning(project, host.name, "--tags", "base") as process:
        host.run("until pgrep -x apt-get; do sleep 0.1; done", timeout=120)
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
            hosts[1].run("until pgrep -x sleep; do sleep 0.1; done", timeout=120)
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
        assert process.end(180) == 1
    assert "failed  the connection was lost: no answer for 25 s" in process.shown
    assert "Run again: what was done is kept." in process.shown
    fresh_host.run(NOTHING_LEFT, timeout=100)


def test_dpkg_is_let_finish_what_it_has_begun(project: Path, host: LabHost) -> None:
    """After Ctrl-C it is waited for; after a second one, or a client's death, the next run waits for it."""
    scope = f"{host.name}  base                "
    with slow_package(host) as slow:
        with provisioning_slow(project, host) as process:
            process.until("apt-get install slow", 120)
            slow.reached(UNPACKING)
            process.type(CTRL_C)
            process.until(f"{scope}. {FINISHING} (Ctrl-C again leaves the host alone with that)\n", 60)
            slow.go(UNPACKING, CONFIGURING)
            assert process.end() == 130
        assert f"{host.name}  failed  interrupted after " in process.shown
        assert "Run again: what was done is kept." in process.shown
        host.run(NOTHING_LEFT, timeout=100)
        assert slow.status in ("install ok unpacked", "install ok installed")

        slow.purge()
        with provisioning_slow(project, host) as process:
            process.until("apt-get install slow", 120)
            slow.reached(UNPACKING)
            os.kill(process.pid, signal.SIGKILL)
        next_run(project, host, slow, UNPACKING, CONFIGURING)

        slow.purge()
        slow.go(UNPACKING)
        with provisioning_slow(project, host) as process:
            process.until("apt-get install slow", 120)
            slow.reached(CONFIGURING)
            process.type(CTRL_C)
            process.until(FINISHING, 60)
            process.type(CTRL_C)
            assert process.end() == 130
        next_run(project, host, slow, CONFIGURING)


def next_run(project: Path, host: LabHost, slow: SlowPackage, *steps: str) -> None:
    """A run that comes while dpkg is still at work for one that is gone, and goes on with these steps then."""
    host.run("until grep -q finishing /var/lib/windlass/lock; do sleep 0.1; done", timeout=120)
    with provisioning_slow(project, host) as process:
        process.until("waiting: ", 60)
        slow.go(*steps)
        assert process.end(120) == 0
    assert f"'s `provision {host.name}` was interrupted: {FINISHING}\n" in process.shown
    assert slow.status == "install ok installed"
