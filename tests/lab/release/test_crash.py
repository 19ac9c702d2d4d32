"""Processes, hosts and runs that die at a bad moment."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.lab.converging import result
from tests.lab.release.visitors import visiting
from tests.lab.release.world import World
from windlass.output.outcome import Progress

pytestmark = pytest.mark.lab


def test_a_killed_master_comes_back_and_nobody_is_refused(world: World) -> None:
    world.well()
    with visiting(world.host, "notes", count=2) as visits:
        time.sleep(0.5)
        world.host.run(f"systemctl kill -s KILL --kill-whom=main notes@{world.current}.service")
        time.sleep(3)
    # What was being answered at that moment is lost; what was waiting is not.
    assert len(visits.failures) <= 2
    assert all("HTTP" not in failure and "refused" not in failure.lower() for failure in visits.failures)
    assert visits.served > 10


def test_after_a_reboot_exactly_the_current_release_runs(world: World) -> None:
    world.greet("before the reboot")
    world.well()
    world.host.reboot()
    deadline = time.monotonic() + 120
    while not world.state().running and time.monotonic() < deadline:
        time.sleep(0.2)
    assert world.ask() == "before the reboot"
    world.is_tidy()
    assert world.well().counts["changed"] == 0


def test_after_a_reboot_in_the_middle_of_a_switch_one_of_both_serves(world: World) -> None:
    world.well()
    before = world.current
    world.greet("rebooted in the watch")
    with ThreadPoolExecutor() as pool:
        deploy = pool.submit(world.deploy, watch=30)
        deadline = time.monotonic() + 120
        while world.current == before and time.monotonic() < deadline:
            time.sleep(0.1)
        world.host.reboot()
        assert deploy.result().error is not None
    # It went back by itself, if there was time for it before the power went.
    assert world.visit() in ("Notes, at your service.", "rebooted in the watch")
    state = world.state()
    assert f"notes@{state.current}.service" in state.enabled
    world.well()
    assert world.visit() == "rebooted in the watch"
    world.is_tidy()


def test_a_stopped_release_is_brought_back(world: World) -> None:
    world.well()
    world.host.run(f"systemctl stop notes@{world.current}.socket notes@{world.current}.service")
    outcome = world.well()
    assert result(outcome, "release").diff["health"] == ["not running", "good"]
    world.is_tidy()


# It refuses to run twice at once, and takes as long as a file says.
MIGRATION = "cd $STATE_DIRECTORY && flock --nonblock migrating sleep $(cat seconds 2>/dev/null || echo 0.5) || exit 9"


@pytest.mark.parametrize("step", ["upload", "release command", "start", "switch", "drain"])
def test_a_killed_run_leaves_old_or_new_and_the_next_converges(
    world: World, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.greet(f"killed in {step}")
    agent = 'kill -KILL $(python3 -c \'import json;print(json.load(open("/var/lib/windlass/lock"))["pid"])\')'
    killed = []

    def progress(report: Any, host: str, progress: Progress) -> None:
        if progress.text == step and not killed:
            killed.append(step)
            time.sleep(0.15)
            world.host.run(agent)

    monkeypatch.setattr("windlass.output.report.Report.progress", progress)
    if step == "release command":
        world.host.run("echo 300 >/var/lib/notes/seconds")  # it goes on when the run is dead
    with visiting(world.host, "notes", count=2) as visits:
        outcome = world.deploy(release_command=MIGRATION)
        assert killed
        assert outcome.error is not None
        world.host.run("rm -f /var/lib/notes/seconds")
        world.well(release_command=MIGRATION)
    assert visits.failures == []
    assert world.ask() == f"killed in {step}"
    world.is_tidy()


def test_a_killed_run_whose_release_is_sick_leaves_the_old_one_for_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.greet("well")
    world.well()
    before = world.current
    world.greet("sick in the end")
    world.edit('        return "ok\\n"', '        return ("sick", 500) if (folder / "sick").exists() else ("ok", 200)')
    agent = 'kill -KILL $(python3 -c \'import json;print(json.load(open("/var/lib/windlass/lock"))["pid"])\')'

    def progress(report: Any, host: str, progress: Progress) -> None:
        if progress.text == "switch":
            time.sleep(0.5)
            world.host.run(f"{agent}; touch /var/lib/notes/sick")

    with monkeypatch.context() as patched:
        patched.setattr("windlass.output.report.Report.progress", progress)
        assert world.deploy(watch=5).error is not None
    assert world.current > before
    try:
        words = world.fails()
    finally:
        world.host.run("rm /var/lib/notes/sick")
    assert "HTTP 500: sick" in words
    assert f"release {before} goes on serving" in words
    assert world.current == before
    assert world.ask() == "well"
