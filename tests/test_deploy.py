"""deploy.py as it is started: with nothing activated, by whichever Python there is."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.commands import ROOT

# The system's Python, with the standard library and nothing else.
BARE = [str(Path(sys.base_prefix, "bin/python3")), "-S"]


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The deploy.py of a project that has no environment."""
    shutil.copy(ROOT / "deploy.py", tmp_path)
    (tmp_path / "windlass").symlink_to(ROOT / "windlass")
    return tmp_path / "deploy.py"


def run(*argv: object) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin"}
    return subprocess.run([str(word) for word in argv], capture_output=True, text=True, env=environment, cwd="/")


def test_it_runs_in_the_projects_own_environment(program: Path) -> None:
    """The completion's script says which Python runs it."""
    (program.parent / ".venv").symlink_to(sys.prefix)
    for argv in ([*BARE, program], [program], [program.parent / ".venv/bin/python", program]):
        done = run(*argv, "completion", "bash")
        assert (done.returncode, done.stderr) == (0, "")
        assert f" {program.parent}/.venv/bin/python " in done.stdout
    assert run(*BARE, program, "completion", "tcsh").returncode == 2


def test_there_is_one_process_that_takes_its_signals(program: Path) -> None:
    environment = program.parent / ".venv/bin"
    environment.mkdir(parents=True)
    (environment / "python").write_text("#!/bin/sh\nkill -s USR1 $$\n")
    (environment / "python").chmod(0o755)
    assert run(*BARE, program).returncode == -signal.SIGUSR1


def test_a_python_that_leads_elsewhere_is_called_once(program: Path) -> None:
    environment = program.parent / ".venv/bin"
    environment.mkdir(parents=True)
    (environment / "python").write_text(f'#!/bin/sh\nexec {" ".join(BARE)} "$@"\n')
    (environment / "python").chmod(0o755)
    assert "has no Python package 'click'" in run(*BARE, program, "--help").stderr


@pytest.mark.parametrize("damage", ["", "dangling"])
def test_without_its_packages_it_says_how_to_get_them(program: Path, damage: str) -> None:
    if damage:
        (program.parent / ".venv/bin").mkdir(parents=True)
        (program.parent / ".venv/bin/python").symlink_to("/nonexistent/python3")
    done = run(*BARE, program, "--help")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: {BARE[0]} has no Python package 'click', which Windlass needs\n"
        "  `make demo` makes .venv, with all it needs; without a lab:\n"
        "  python3 -m venv .venv && .venv/bin/pip install --require-hashes -r requirements.lock\n"
    )
