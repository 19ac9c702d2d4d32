"""Tests press Ctrl-C: what a shell starts in the background ignores it, and so would all that they start.

And no generated example has to be quick, on a machine that is busy.
"""

from __future__ import annotations

import signal

import pytest
from hypothesis import HealthCheck, settings

signal.signal(signal.SIGINT, signal.default_int_handler)
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("patient", patient, max_examples=50)
settings.register_profile("soak", patient, max_examples=2000)
settings.load_profile("patient")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Those that take long by nature run where they are asked for: -m soak, or -m audit."""
    if not {"soak", "audit"} & set(config.option.markexpr.split()):
        spared = [item for item in items if item.get_closest_marker("soak")]
        items[:] = [item for item in items if item not in spared]
        config.hook.pytest_deselected(items=spared)
