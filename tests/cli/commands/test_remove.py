"""`deploy.py remove`, as far as it goes before any connection; the rest is in `tests/lab/test_own_apps.py`."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.projects import project
from windlass.cli.cli import run
from windlass.project import Project

HOSTS = "all:\n  hosts:\n    www.example.com: {ansible_host: 192.0.2.1}\n"
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "which app? --app NAME\n  ./deploy.py status HOST shows what is there."),
        (["--app", "../etc"], "--app '../etc' is no name of an app"),
        (["--app", "nginx"], "--app 'nginx' is no name of an app"),
        (["--app", "shop"], "nobody answers whether to remove it\n  --yes says so on the command line."),
    ],
)
def test_refusals(arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["remove", "www.example.com", *arguments], Project(project(tmp_path, HOSTS))) == 2
    assert capsys.readouterr().err == f"error: {message}\n"


def test_another_name_removes_nothing(tmp_path: Path) -> None:
    """On a terminal it asks for the name."""
    project(tmp_path, HOSTS)
    ours, theirs = pty.openpty()
    argv = [sys.executable, "deploy.py", "--project", str(tmp_path), "remove", "www.example.com", "--app", "shop"]
    with subprocess.Popen(
        argv, cwd=ROOT, stdin=theirs, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as asked:
        os.write(ours, b"stop\n")
        _, said = asked.communicate()
    os.close(ours)
    os.close(theirs)
    assert asked.returncode == 2
    assert said.startswith("shop goes from www.example.com; its data stays.\nType its name to go on: ")
    assert said.endswith("error: that is not its name: nothing is removed\n")
