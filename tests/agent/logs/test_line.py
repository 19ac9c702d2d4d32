"""Which lines of a log are wanted."""

from __future__ import annotations

import pytest

from windlass.agent.logs.line import Wanted

PROBES = [
    '127.0.0.1 "GET /healthz HTTP/1.0" 404 207 27ms "-" "windlass"',
    '- "GET / HTTP/1.1" 200 12 1ms "-" "windlass"',
    f'127.0.0.1 - - [01/Dec/2026] "GET / HTTP/1.1" 200 12 "-" "windlass" shop.test {"0" * 32} 0.001',
]
OTHERS = [
    '203.0.113.7 "GET / HTTP/1.1" 200 12 1ms "-" "windlass"',  # who says so from elsewhere is not hidden
    '127.0.0.1 "GET / HTTP/1.1" 200 12 1ms "-" "curl/7.88"',
    'a line of the app about "windlass" and more',
]


@pytest.mark.parametrize("text", PROBES)
def test_what_windlass_asks_itself_is_left_out_unless_it_is_wanted(text: str) -> None:
    assert not Wanted.of(10, 0, None, probes=False).matches({"text": text})
    assert Wanted.of(10, 0, None, probes=True).matches({"text": text})
    assert Wanted.of(10, 0, "windlass", probes=True).matches({"text": text})


@pytest.mark.parametrize("text", OTHERS)
def test_all_else_is_wanted(text: str) -> None:
    assert Wanted.of(10, 0, None, probes=False).matches({"text": text})
