"""Several that write into the audit at once, or read it meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from tests.audit_entry import ENTRY
from tests.lab.commands import ROOT
from windlass.agent import audit
from windlass.agent.audit import Audit

# Renames only when there is a file `go`, and leaves one when it is about to rename or to wait for its turn.
ROTATING = """
import os, sys, time
from windlass.agent.audit import Audit
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

# The file is put aside between the two that are read.
READING = """
import sys
from tests.audit_entry import ENTRY
from windlass.agent.audit import Audit
audit = Audit(sys.argv[1])
opened = []
def watch(event, arguments):
    if event == "open" and str(arguments[0]).startswith(audit.path):
        opened.append(arguments[0])
        if len(opened) == 2:
            audit.append({**ENTRY, "run": "third"})
sys.addaudithook(watch)
print(*(entry["run"] for entry in audit.runs(9)))
"""


def test_a_file_that_is_put_aside_while_it_is_read_is_not_missed(tmp_path: Path) -> None:
    entry = ENTRY
    log = Audit(str(tmp_path))
    for run in ("first", "second"):
        log.append({**entry, "run": run})
        with Path(log.path).open("a") as file:
            file.write("x" * audit.LARGEST)
    argv = [sys.executable, "-c", READING, str(tmp_path)]
    done = subprocess.run(argv, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)}, timeout=60)
    assert (done.stdout, done.stderr) == ("second\n", "")
    assert [each["run"] for each in log.runs(9)] == ["second", "third"]


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
