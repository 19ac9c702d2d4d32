"""Workers that hang, and apps that eat memory: replaced or started again, and requests are served after it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from windlass.errors import LabError

if TYPE_CHECKING:
    from tests.lab.release.world import World

pytestmark = pytest.mark.lab

ROUTES = """
    eaten: list[bytes] = []

    @app.get("/eat/<int:mebibytes>")
    def eat(mebibytes: int) -> str:
        eaten.append(b"x" * mebibytes * 2**20)
        return "eaten\\n"

    @app.get("/worker")
    def worker() -> str:
        return str(os.getpid())

    @app.get("/slow/"""
GUNICORN: dict[str, Any] = {"workers": 1, "threads": 2, "timeout": 2}


@pytest.fixture
def served(world: World) -> World:
    """The app with routes that show its worker and that eat memory."""
    world.edit('\n    @app.get("/slow/', ROUTES)
    return world


def served_within(world: World, seconds: float) -> str:
    """The worker that answers, at last."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return world.ask("/worker")
        except LabError:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def journal(world: World) -> str:
    return world.host.run(f"journalctl --sync; journalctl -o cat -u notes@{world.current}.service")


def test_a_worker_that_hangs_is_replaced_and_says_where_it_hung(served: World) -> None:
    served.well(gunicorn=GUNICORN)
    first = served.ask("/worker")
    unit = f"notes@{served.current}.service"
    master = served.host.run(f"systemctl show -P MainPID {unit}")
    with ThreadPoolExecutor(2) as pool:
        hanging = [pool.submit(served.ask, "/slow/30.0") for _ in range(2)]
    assert all(isinstance(each.exception(), LabError) for each in hanging)
    assert served_within(served, 5) != first
    assert served.host.run(f"systemctl show -P MainPID {unit}") == master
    said = journal(served)
    assert f"windlass: worker {first} hangs and is replaced" in said
    assert said.count("in slow") == 2
    assert "0 restarts, workers lost: 1 (see `logs`)" in served.commands()("status", served.host.name, status=None).out


def test_memory_growth_ends_at_the_limit_and_the_app_comes_back(served: World) -> None:
    served.well(gunicorn=GUNICORN, memory_max="150M")
    first = served.ask("/worker")
    for _ in range(2):
        served.ask("/eat/40")
    with pytest.raises(LabError):
        served.ask("/eat/100")
    assert served_within(served, 15) != first
    assert served.ask("/healthz") == "ok"


def test_a_worker_is_replaced_after_max_requests(served: World) -> None:
    served.well(gunicorn={**GUNICORN, "max_requests": 5, "max_requests_jitter": 0})
    assert len({served.ask("/worker") for _ in range(15)}) > 1
