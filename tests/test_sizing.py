"""Workers and threads from a host's facts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windlass.host import Facts
from windlass.settings import AppSettings
from windlass.sizing import MOST_WORKERS, workers_and_threads

GIBIBYTE = 1024**3


def facts(cpus: int, memory: float) -> Facts:
    return Facts(
        "debian", "12", "bookworm", "x86_64", "3.11.2", cpus, int(memory * GIBIBYTE), [], True, "h", True, "6.1"
    )


def settings(**values: Any) -> AppSettings:
    return AppSettings.model_validate({"source": "x", "wsgi": "x:app", "domains": ["x.example.org"], **values})


@pytest.mark.parametrize(
    ("cpus", "memory", "apps", "workers"),
    [
        (1, 1, 1, 2),  # the smallest host that is rented
        (1, 0.5, 1, 1),  # only one fits
        (2, 4, 1, 3),
        (2, 4, 2, 2),
        (2, 1, 3, 1),
        (8, 16, 1, 9),
        (8, 16, 3, 4),
        (64, 256, 1, 16),
    ],
)
def test_rule(cpus: int, memory: float, apps: int, workers: int) -> None:
    assert workers_and_threads(settings(), facts(cpus, memory), apps) == (workers, 4)


def test_settings_win() -> None:
    chosen = settings(gunicorn={"workers": 40, "threads": 1})
    assert workers_and_threads(chosen, facts(1, 0.5), 3) == (40, 1)


def test_memory_max_limits_the_workers() -> None:
    assert workers_and_threads(settings(memory_max="512M"), facts(8, 16), 1) == (2, 4)
    assert workers_and_threads(settings(memory_max="2G"), facts(8, 16), 1) == (8, 4)


@given(cpus=st.integers(1, 512), memory=st.floats(0.1, 4096), apps=st.integers(1, 50))
def test_there_is_always_a_worker_and_never_a_crowd(cpus: int, memory: float, apps: int) -> None:
    workers, _ = workers_and_threads(settings(), facts(cpus, memory), apps)
    assert 1 <= workers <= MOST_WORKERS


def test_sync_workers_have_no_threads() -> None:
    assert workers_and_threads(settings(gunicorn={"worker_class": "sync"}), facts(2, 4), 1) == (3, 1)
