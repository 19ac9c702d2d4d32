"""Commands as the machine runs them: what they say, and how each of them can end."""

from __future__ import annotations

import io
import os
import signal
from typing import Any

import pytest

from windlass.agent.failures import CommandFailed, Failed, TimedOut
from windlass.agent.machine import Machine
from windlass.agent.process import KEPT
from windlass.agent.wire import Wire


@pytest.fixture
def machine() -> Machine:
    return Machine(Wire(io.BytesIO(), io.BytesIO()), lambda: None)


def shell(machine: Machine, script: str, **options: Any) -> str:
    return machine.run(["sh", "-c", script], **options)


def test_lines_come_as_they_are_said(machine: Machine) -> None:
    lines: list[str] = []
    output = shell(machine, r"printf 'one \ntw\303'; sleep 0.2; printf '\266\r50%%\r\nlast'", each_line=lines.append)
    assert lines == ["one", "twö", "50%", "last"]
    assert output == "one \ntwö\n50%\nlast"


@pytest.mark.parametrize("left_behind", ["sleep 600", "yes"])
def test_what_a_command_leaves_behind_is_not_waited_for(machine: Machine, left_behind: str) -> None:
    lines: list[str] = []
    shell(machine, f"setsid {left_behind} & echo $!; exit 0", timeout=60, each_line=lines.append)
    os.kill(int(next(line for line in lines if line != "y")), signal.SIGKILL)  # it goes on until now


def test_one_that_takes_too_long_is_killed(machine: Machine) -> None:
    lines: list[str] = []
    with pytest.raises(TimedOut, match=r"took more than 0.3 s: \d+$"):
        shell(machine, "echo $$; exec sleep 30", timeout=0.3, each_line=lines.append)
    with pytest.raises(ProcessLookupError):
        os.kill(int(lines[0]), 0)


def test_one_that_says_nothing_more_is_waited_for(machine: Machine) -> None:
    with pytest.raises(CommandFailed, match="exited with 3: before") as failure:
        shell(machine, "echo before; exec >&- 2>&-; sleep 0.3; exit 3")
    assert failure.value.output == "before\n"


def test_of_a_long_output_the_end_is_kept_in_whole_lines(machine: Machine) -> None:
    output = shell(machine, "yes 0123456789 | head -n 300000; echo the end")
    assert KEPT - 20 < len(output) <= KEPT
    assert output.startswith("0123456789\n")
    assert output.endswith("\nthe end\n")
    lines: list[str] = []
    shell(machine, f"head -c {3 * KEPT} /dev/zero | tr '\\0' x; echo; echo next", each_line=lines.append)
    assert [len(line) <= 2 * KEPT for line in lines] == [True, True]
    assert lines[1] == "next"


def test_one_that_is_not_installed_is_named(machine: Machine) -> None:
    with pytest.raises(Failed, match=r"^`no-such-program` is not there$"):
        machine.run(["no-such-program", "argument"])
