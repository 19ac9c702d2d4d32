"""The one exec of a run, on hosts that make it hard."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.lab.commands import Commands

if TYPE_CHECKING:
    from pathlib import Path

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


def test_ctrl_c_ends_what_runs_on_the_host_and_a_second_run_finishes(commands: Commands, fresh_host: LabHost) -> None:
    argv = [sys.executable, str(commands.program), "--project", str(commands.folder)]
    argv += ["provision", fresh_host.name, "--tags", "base"]
    running = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    fresh_host.run("until pgrep -x apt-get; do sleep 0.1; done", timeout=120)
    time.sleep(1)
    os.kill(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=120)
    assert running.returncode == 130
    assert f"{fresh_host.name}  failed  interrupted after " in err
    assert "run the same command again" in err
    assert "Traceback" not in out + err
    fresh_host.run("for i in $(seq 1000); do pgrep -x 'apt-get|dpkg' || exit 0; sleep 0.1; done; exit 1", timeout=180)
    run = commands.json("provision", fresh_host.name, "--tags", "base")
    assert run["failed"] == 0
    assert commands.json("provision", fresh_host.name, "--tags", "base")["changed"] == 0


def test_a_second_run_meanwhile_is_told_who_holds_the_host(commands: Commands, fresh_host: LabHost) -> None:
    argv = [sys.executable, str(commands.program), "--project", str(commands.folder)]
    argv += ["provision", fresh_host.name, "--tags", "base"]
    first = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    fresh_host.run("until pgrep -x apt-get; do sleep 0.1; done", timeout=120)
    said = commands("provision", fresh_host.name, "--tags", "base", status=1)
    assert f"runs `provision {fresh_host.name}` here since" in said.err
    first.communicate(timeout=180)
    assert first.returncode == 0
