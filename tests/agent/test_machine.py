"""The machine: what it tells and asks, and what becomes of that and of commands when nobody is there."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from windlass.agent.machine import LONGEST_PROGRESS, CommandFailed, Failed, Machine
from windlass.agent.wire import ANSWERS, Wire, WireError


@pytest.fixture
def machine() -> Machine:
    return Machine(Wire(io.BytesIO(), io.BytesIO()), lambda: None)


def test_it_can_be_imported_first() -> None:
    subprocess.run([sys.executable, "-c", "import windlass.agent.machine"], check=True)


def test_long_progress_is_cut() -> None:
    out = io.BytesIO()
    Machine(Wire(io.BytesIO(), out), lambda: None).say("x" * 1_000_000)
    assert LONGEST_PROGRESS < len(out.getvalue()) < 2 * LONGEST_PROGRESS


def test_what_the_other_end_would_refuse_is_not_sent(machine: Machine) -> None:
    with pytest.raises(WireError, match="too long"):
        machine.tell({"type": "result", "patch": "x" * ANSWERS.line})


def test_abort_meets_a_command_that_is_just_being_started(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    class SlowToStart(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            threading.Thread(target=machine.abort).start()
            time.sleep(0.3)

    monkeypatch.setattr(subprocess, "Popen", SlowToStart)
    with pytest.raises(CommandFailed, match="exited with -15"):
        machine.run(["sleep", "5"])


# Says so when it is asked to end, and ends when its child, which nobody asks, has.
PATIENT = "trap 'echo asked' INT; sh -c 'echo begun; until [ -e $0 ]; do sleep 0.05; done; echo done' $0; wait"


def test_what_must_not_be_cut_off_is_asked_to_end_and_waited_for(tmp_path: Path) -> None:
    out = io.BytesIO()
    machine = Machine(Wire(io.BytesIO(), out), lambda: None)

    def abort(line: str) -> None:
        if line == "begun":
            for number in (signal.SIGTERM, signal.SIGKILL):
                assert machine.is_finishing
                machine.abort(number)
            (tmp_path / "go").touch()

    said = machine.run(["sh", "-c", PATIENT, str(tmp_path / "go")], each_line=abort, finishing="it ends soon")
    assert said == "begun\ndone\nasked\n"
    assert b'"finishing","id":-1,"text":"it ends soon"' in out.getvalue()
    assert not machine.is_finishing
    with pytest.raises(Failed, match="the control machine is gone"):
        machine.run(["touch", str(tmp_path / "never")], finishing="it ends soon")
    assert not (tmp_path / "never").exists()


def test_nothing_is_fetched_when_nobody_is_there(machine: Machine) -> None:
    with pytest.raises(Failed, match="the control machine is gone"):
        machine.fetch("0" * 64)
    machine.heed_abort()
    machine.abort()
    for begin in (machine.heed_abort, machine.log_in_again):
        with pytest.raises(Failed, match="the control machine is gone"):
            begin()
