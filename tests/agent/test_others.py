"""Processes of others, real ones."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from windlass.agent.others import described, lock_holder, unit_of

if TYPE_CHECKING:
    from pathlib import Path

HOLD = (
    "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.lockf(f, fcntl.LOCK_EX); print(flush=True); sys.stdin.read()"
)


def test_who_has_locked_a_file_as_apt_does(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    assert lock_holder(str(lock)) == ""
    lock.touch()
    assert lock_holder(str(lock)) == ""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], **pipes) as child:
        assert child.stdout
        child.stdout.readline()
        assert lock_holder(str(lock)) == str(child.pid)
        assert described(str(child.pid)).startswith("python")
        assert f" (pid {child.pid}" in described(str(child.pid))
        child.communicate()
    assert lock_holder(str(lock)) == ""
    assert described(str(child.pid)) == f"pid {child.pid}"


def test_a_process_that_is_gone_has_no_unit() -> None:
    assert unit_of("0") == ""
    assert unit_of(str(os.getpid())) == unit_of("self")
