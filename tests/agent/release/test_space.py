"""Room on the disk."""

from __future__ import annotations

import pytest

from windlass.agent.failures import Failed
from windlass.agent.release import space


def test_a_disk_that_is_full() -> None:
    with pytest.raises(Failed) as raised:
        space.check("/proc", 5_000_000, "the release")  # where nothing is ever free
    assert (str(raised.value), raised.value.hint) == (
        ("there is not enough room in /proc: 0 MiB are free, and the release needs 5 MiB beside 64 MiB that stay free"),
        "Free some space, or keep fewer releases (`keep_releases`).",
    )
