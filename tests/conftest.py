"""Tests press Ctrl-C: what a shell starts in the background ignores it, and so would all that they start.

And no generated example has to be quick, on a machine that is busy.
"""

from __future__ import annotations

import signal

import pytest
from hypothesis import settings

signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Those that take long by nature run where they are asked for: -m soak."""
    if "soak" not in config.option.markexpr:
        spared = [item for item in items if item.get_closest_marker("soak")]
        items[:] = [item for item in items if item not in spared]
        config.hook.pytest_deselected(items=spared)
