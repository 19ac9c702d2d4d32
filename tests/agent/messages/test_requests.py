"""Whatever an agent is asked: it does that, or refuses; it never dies of it, nor grows."""

from __future__ import annotations

import io
import tracemalloc
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.agent_process import AgentProcess
from tests.hostile import lines
from windlass.agent.messages.checked import Malformed
from windlass.agent.messages.requests import REQUESTS, request
from windlass.agent.wire import Wire, WireError

if TYPE_CHECKING:
    from pathlib import Path

ASKED = lines(tuple(REQUESTS.items()))
LONG = settings(max_examples=10_000, suppress_health_check=list(HealthCheck))


def take(said: list[bytes]) -> None:
    """As an agent does, up to where it would act."""
    wire = Wire(io.BytesIO(b"".join(said)), io.BytesIO())
    with suppress(WireError):
        while (received := wire.read()) is not None:
            with suppress(Malformed):
                asked: Any = request(received[0])
                assert request(asked) == asked
                assert asked.keys() <= received[0].keys()


@given(st.lists(ASKED, max_size=5))
def test_whatever_is_asked(said: list[bytes]) -> None:
    take(said)


@pytest.mark.soak
@LONG
@given(st.lists(ASKED, max_size=5))
def test_whatever_is_asked_for_long(said: list[bytes]) -> None:
    tracemalloc.start()
    try:
        take(said)
        assert tracemalloc.get_traced_memory()[1] < 100 * 1024 * 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "said",
    [
        b"\xff\xfe\n",
        b"[" * 100_000 + b"\n",
        b'{"type":"status","apps":[],"size":99999999999}\n',
        b'{"type":"logs","apps":["x"],"nginx":1}\n',
        b'{"type":"converge"}\n',
        b'{"type":"ru',
    ],
)
def test_a_real_agent_ends_in_good_order(said: bytes, tmp_path: Path) -> None:
    agent = AgentProcess(tmp_path)
    assert agent.process.stdin
    agent.process.stdin.write(said)
    agent.process.stdin.flush()
    agent.process.stdin.close()
    agent.process.stdin = None
    assert [event["type"] for event in agent.finish({})] in ([], ["refused"])
    assert agent.close() == ""
    assert agent.process.returncode == 0
