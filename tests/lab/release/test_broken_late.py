"""Releases that are healthy until they have the traffic: it goes back by itself, and no visitor has lost a request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.lab.converging import converge, result
from tests.lab.release.refusing import reason, refused
from tests.lab.release.world import NOTES

if TYPE_CHECKING:
    from tests.lab.release.world import World

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("mended")]

WATCH = 4  # seconds


def test_gunicorn_crashes_after_two_seconds(world: World) -> None:
    world.edit(
        "    return app\n",
        "    import signal, threading\n"
        "    threading.Timer(2, lambda: os.kill(os.getppid(), signal.SIGSEGV)).start()\n    return app\n",
    )
    assert reason(refused(world, watch=WATCH)) == "does not run (killed by signal 11)"


def test_only_its_workers_crash_after_two_seconds(world: World) -> None:
    world.edit(
        "    return app\n",
        "    import threading\n    threading.Timer(2, os._exit, [7]).start()\n    return app\n",
    )
    # Whoever is being answered at that moment does not count here.
    words = refused(world, watch=WATCH, max_failed_requests=100)
    assert re.fullmatch(r"lost a worker \(Worker \(pid:\d+\) exited with code 7\)", reason(words))


def test_health_page_fails_through_nginx_alone(world: World) -> None:
    world.edit(
        '        return "ok\\n"',
        '        return ("lost", 500) if "X-Request-ID" in request.headers else ("ok", 200)',
    )
    before = world.current
    words = refused(world, watch=60)  # it is not waited for
    (failed,) = [record for record in world.records().values() if record["state"] == "failed"]
    assert re.fullmatch(
        rf"release {failed['id']} lost requests: \d+ of \d+ that came through nginx failed, the first with: HTTP 500\n"
        rf"release {before} goes on serving\n"
        "`max_failed_requests` says how many may.",
        words,
    )
    assert failed["traffic"]["failed"] > 0


def test_failures_that_are_allowed_undo_nothing(world: World) -> None:
    world.edit(
        '        return "ok\\n"',
        '        return ("lost", 500) if "X-Request-ID" in request.headers else ("ok", 200)',
    )
    world.well(max_failed_requests=5000)
    assert world.records()[world.current]["traffic"]["failed"] > 0


def test_a_first_release_that_crashes_is_not_kept(world: World) -> None:
    world.edit(
        "    return app\n",
        "    import threading\n    threading.Timer(1, os._exit, [7]).start()\n    return app\n",
    )
    first = {"first": {**NOTES, "domains": ["first.lab.test"], "watch": WATCH}}
    outcome = converge(world.lab, world.host, first, world.project)
    words = result(outcome, "release").message
    assert "exited with code 7" in words.splitlines()[0]
    assert words.endswith("nothing serves this app yet")
    assert world.host.run("ls -d /srv/first/current || true").strip() == ""
    assert world.host.run("systemctl list-units --all --plain --no-legend 'first@*'").strip() == ""
