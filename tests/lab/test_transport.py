"""The one exec of a run, on hosts that make it hard."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.lab.commands import Commands
from tests.lab.slow_package import CONFIGURING, UNPACKING, slow_package

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab.slow_package import SlowPackage
    from windlass.lab import LabHost

pytestmark = pytest.mark.lab

NOISE = "echo Welcome; echo '{\"type\": \"bye\"}'; head -c 3000000 /dev/zero | tr '\\0' x >&2"


@pytest.fixture
def commands(project: Path) -> Commands:
    return Commands.in_new_folder(project)


def test_a_login_that_chatters_disturbs_nothing(commands: Commands, fresh_host: LabHost) -> None:
    fresh_host.run(f"cat > /root/.bashrc <<'END'\n{NOISE}\nEND")
    run = commands.json("provision", fresh_host.name, "--tags", "base", "--check")
    assert run["failed"] == 0
    assert run["execs"] == 1


def test_nothing_is_left_on_the_host(commands: Commands, fresh_host: LabHost) -> None:
    fresh_host.run("touch /var/tmp/before")
    commands("provision", fresh_host.name, "--tags", "base", "--check")
    fresh_host.run("! pgrep -f '[w]indlass'")
    left = "find / -xdev -newer /var/tmp/before -path '*indlass*' -not -path '/proc/*'"
    assert fresh_host.run(left) == ""


@contextmanager
def installing(commands: Commands, host: LabHost, slow: SlowPackage) -> Iterator[subprocess.Popen[str]]:
    """A run, at the moment when dpkg installs a package that waits."""
    argv = [sys.executable, str(commands.program), "--project", str(commands.folder), *provisioning(host)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        slow.reached(UNPACKING)
        yield running


def provisioning(host: LabHost) -> list[str]:
    return ["provision", host.name, "--tags", "base", "-e", "packages=[slow]"]


def test_ctrl_c_ends_what_runs_on_the_host_and_a_second_run_finishes(
    commands: Commands, equipped_host: LabHost
) -> None:
    host = equipped_host
    with slow_package(host) as slow, installing(commands, host, slow) as running:
        os.kill(running.pid, signal.SIGINT)
        host.run("until grep -q finishing /var/lib/windlass/lock; do sleep 0.1; done", timeout=120)
        slow.go(UNPACKING, CONFIGURING)
        out, err = running.communicate(timeout=120)
        assert running.returncode == 130
        assert f"{host.name}  failed  interrupted after " in err
        assert "run the same command again" in err
        assert "Traceback" not in out + err
        host.run("while pgrep -x 'apt-get|dpkg'; do sleep 0.1; done", timeout=120)
        assert commands.json(*provisioning(host))["failed"] == 0
        assert commands.json(*provisioning(host))["changed"] == 0


def test_a_second_run_meanwhile_is_told_who_holds_the_host(commands: Commands, equipped_host: LabHost) -> None:
    host = equipped_host
    with slow_package(host) as slow, installing(commands, host, slow) as first:
        said = commands(*provisioning(host), status=1)
        assert f"runs `provision {host.name}` here since" in said.err
        slow.go(UNPACKING, CONFIGURING)
        first.communicate(timeout=180)
        assert first.returncode == 0
