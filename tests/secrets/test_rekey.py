"""A rekey that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.commands import ROOT
from tests.secrets.command import CANARY, Secrets, begun


@pytest.fixture
def secrets(tmp_path: Path) -> Iterator[Secrets]:
    """A project where `secrets init` has been run."""
    with begun(tmp_path) as found:
        yield found


# Ends itself with SIGKILL right before its n-th file is put in place: the old one is there, and the new one beside it.
KILLED = """
import os, signal, sys
left = int(sys.argv.pop(1))
def watch(event, arguments):
    global left
    if event == "os.rename":
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
from windlass.cli.cli import main
main()
"""


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_killed_rekey_is_finished_by_the_next(secrets: Secrets, tmp_path: Path, number: int) -> None:
    levels = ["all", "db", "web"]
    for level in levels:
        secrets.file("a").write_text(f"TOKEN: {CANARY}\n")
        argv = ["age", "-a", "-R", secrets.file("recipients.txt"), "-o", secrets.file(f"{level}.yml.age")]
        subprocess.run([*argv, secrets.file("a")], check=True)
    secrets.file("a").unlink()
    key = tmp_path / "colleague"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    recipients = secrets.file("recipients.txt")
    recipients.write_text(recipients.read_text() + Path(f"{key}.pub").read_text())
    argv = [sys.executable, "-c", KILLED, str(number), "--project", str(secrets.folder), "secrets", "rekey"]
    environment = {**os.environ, "HOME": str(secrets.home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(argv, env=environment, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert len(list(secrets.file("").glob(".windlass-new-*"))) == 1
    sealed = [secrets.file(f"{level}.yml.age").read_text() for level in levels]
    opened = [opens(key, text) for text in sealed]
    assert opened == [True] * (number - 1) + [False] * (4 - number)
    assert [row.split()[:3] for row in secrets("list").out.splitlines()[1:]] == [
        [level, "(every)", "TOKEN"] for level in levels
    ]
    assert secrets("rekey").out.startswith("3 files encrypted anew to 2 recipients\n")
    assert all(opens(key, secrets.file(f"{level}.yml.age").read_text()) for level in levels)
    assert list(secrets.file("").glob(".windlass-new-*")) == []


def opens(key: Path, sealed: str) -> bool:
    """Whether the `age` program opens a text with a key."""
    done = subprocess.run(["age", "-d", "-i", key], input=sealed, capture_output=True, text=True)
    return CANARY in done.stdout
