"""systemd units on a real host."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.resources_on import converge
from windlass.agent.resources import Directory, File, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab

NAME = "windlass-test.service"
PATH = f"/etc/systemd/system/{NAME}"
DROP_INS = f"{PATH}.d"
SERVICE = """\
[Service]
ExecStart=/bin/sh -c 'exec sleep $SECONDS_TO_SLEEP'
Environment=SECONDS_TO_SLEEP=1001
{more}
[Install]
WantedBy=multi-user.target
"""
CRASH = "ExecStart=\nExecStart=/bin/sh -c 'echo cannot find my things >&2; exit 3'\n"


@pytest.fixture(autouse=True)
def cleared(host: LabHost) -> Iterator[None]:
    yield
    host.run(f"systemctl disable -q --now {NAME} 2>/dev/null; rm -rf {PATH} {DROP_INS}; systemctl daemon-reload")


def running(host: LabHost) -> str:
    """What the service runs."""
    pid = "$(systemctl show --property=MainPID --value windlass-test.service)"
    return host.run(f"tr '\\0' ' ' </proc/{pid}/cmdline").strip()


def test_a_new_service_runs_now_and_after_a_boot(lab: Lab, host: LabHost) -> None:
    unit = Unit(NAME)
    world = [File(PATH, SERVICE.format(more=""), notify=[unit]), unit]
    results, _ = converge(lab, host, *world, check=True)
    assert [each.status for each in results] == ["changed", "changed"]
    results, _ = converge(lab, host, *world)
    assert results[1].diff == {"running": [False, True], "enabled": [False, True]}
    assert running(host) == "sleep 1001"
    assert host.run("systemctl is-enabled windlass-test.service").strip() == "enabled"
    results, _ = converge(lab, host, *world)
    assert [each.status for each in results] == ["ok", "ok"]


def test_a_drop_in_counts_at_once(lab: Lab, host: LabHost) -> None:
    unit = Unit(NAME)
    service = File(PATH, SERVICE.format(more=""), notify=[unit])
    converge(lab, host, service, unit)
    drop_in = File(f"{DROP_INS}/50.conf", "[Service]\nEnvironment=SECONDS_TO_SLEEP=1002\n", notify=[unit])
    converge(lab, host, service, Directory(DROP_INS), drop_in, unit)
    assert running(host) == "sleep 1002"


def test_a_change_by_hand_is_noticed(lab: Lab, host: LabHost) -> None:
    unit = Unit(NAME)
    converge(lab, host, File(PATH, SERVICE.format(more="")), unit)
    host.run(f"sleep 1.1; echo >>{PATH}; systemctl disable -q --now {NAME}")
    (result,), _ = converge(lab, host, unit)
    assert result.diff == {"running": [False, True], "enabled": [False, True]}
    host.run(f"sleep 1.1; echo >>{PATH}")
    (result,), _ = converge(lab, host, unit)
    assert result.diff == {"stale": [True, False]}


def test_one_that_crashes_again_and_again_does_not_run(lab: Lab, host: LabHost) -> None:
    unit = Unit(NAME)
    unit_file = SERVICE.format(more=f"{CRASH}Restart=always\nRestartSec=30")
    host.run(f"cat >{PATH} <<'E'\n{unit_file}E\nsystemctl daemon-reload; systemctl start {NAME}; sleep 0.5")
    assert host.run("systemctl is-active windlass-test || true").strip() == "activating"
    (result,), _ = converge(lab, host, unit, check=True)
    assert result.diff["running"] == [False, True]


def test_a_service_that_does_not_start_says_why(lab: Lab, host: LabHost) -> None:
    unit = Unit(NAME)
    broken = f"Type=oneshot\n{CRASH}"
    results, _ = converge(lab, host, File(PATH, SERVICE.format(more=broken)), unit)
    assert results[1].status == "failed"
    assert "windlass-test.service does not start" in results[1].message
    assert "cannot find my things" in results[1].message


def test_a_unit_that_is_not_there(lab: Lab, host: LabHost) -> None:
    (checked,), _ = converge(lab, host, Unit("no-such.service"), check=True)
    assert checked.status == "changed"
    (result,), _ = converge(lab, host, Unit("no-such.service"))
    assert result.status == "failed"
    assert "no-such.service" in result.message
