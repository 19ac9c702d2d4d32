"""What a killed test run leaves in /tmp."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import own_folder
from tests.lab.commands import ROOT

HOLD = """
import os, sys
from pathlib import Path
from tests import own_folder
own_folder.PARENT = Path(sys.argv[1])
with own_folder.own_folder("kind") as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_a_folder_is_removed_by_the_next_run_where_its_own_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_folder, "PARENT", tmp_path)
    argv = [sys.executable, "-c", HOLD, str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as other:
        assert other.stdout
        theirs = Path(other.stdout.readline().strip())
        with own_folder.own_folder("kind") as ours:
            assert {ours, theirs} == set(tmp_path.iterdir())
        assert theirs.exists()
        other.send_signal(signal.SIGKILL)
    half_removed = tmp_path / "windlass-kind-x"
    half_removed.mkdir()
    os.utime(half_removed, (0, 0))
    with own_folder.own_folder("kind") as ours:
        assert [ours] == list(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == []
