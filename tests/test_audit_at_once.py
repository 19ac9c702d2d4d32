"""Several processes that write into the audit at once."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from tests.lab.commands import ROOT
from windlass import audit

# Renames only when there is a file `go`, and leaves one when it is about to rename or to wait for its turn.
ROTATING = """
import os, sys, time
from windlass.audit import Audit
me, folder = sys.argv[1:]
def watch(event, arguments):
    if event == "os.rename" and me == "first":
        open("renaming", "w").close()
        for _ in range(3000):  # and goes on when the test is given up
            if os.path.exists("go"):
                break
            time.sleep(0.02)
    if event == "fcntl.flock":
        open(f"{me}-waits", "w").close()
sys.addaudithook(watch)
Audit(folder).append({"run": me})
"""


def test_two_that_find_a_large_file_put_it_aside_once(tmp_path: Path) -> None:
    def until(path: Path, process: subprocess.Popen[bytes]) -> None:
        while process.poll() is None and not path.exists():
            time.sleep(0.02)

    def start(name: str) -> subprocess.Popen[bytes]:
        environment = {"PYTHONPATH": str(ROOT)}
        return subprocess.Popen([sys.executable, "-c", ROTATING, name, str(log.parent)], cwd=tmp_path, env=environment)

    log = tmp_path / "log" / "audit.jsonl"
    log.parent.mkdir()
    log.write_text("x" * (audit.LARGEST + 1))
    with start("first") as first:
        until(tmp_path / "renaming", first)
        with start("second") as second:
            until(tmp_path / "second-waits", second)
            (tmp_path / "go").touch()
    assert (first.returncode, second.returncode) == (0, 0)
    assert [json.loads(line)["run"] for line in log.read_text().splitlines()] == ["first", "second"]
    assert Path(f"{log}.1").stat().st_size > audit.LARGEST
