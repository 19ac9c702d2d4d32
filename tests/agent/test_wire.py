"""Messages, as they travel."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windlass.agent.wire import LONGEST_LINE, Wire, WireError, encode

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.lists(st.tuples(st.dictionaries(st.text().filter(lambda key: key != "size"), values), st.binary())))
def test_what_is_written_is_read(messages: list[tuple[dict[str, object], bytes]]) -> None:
    stream = io.BytesIO(b"".join(encode(message, body) for message, body in messages))
    wire = Wire(stream, io.BytesIO())
    for message, body in messages:
        assert wire.read() == ({**message, "size": len(body)}, body)
    assert wire.read() is None


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"Welcome to Ubuntu\n", "not a message: b'Welcome to Ubuntu\\n'"),
        (b"[1]\n", "not a message: b'[1]\\n'"),
        (b'{"type": "ok"', 'cut off: b\'{"type": "ok"\''),
        (b'{"size": 5}\nabc', "a body of 5 bytes ended after 3"),
    ],
)
def test_nonsense_is_refused(sent: bytes, words: str) -> None:
    with pytest.raises(WireError) as raised:
        Wire(io.BytesIO(sent), io.BytesIO()).read()
    assert str(raised.value) == words


def test_a_message_that_the_other_end_would_refuse_is_not_sent() -> None:
    stream = io.BytesIO()
    with pytest.raises(WireError) as raised:
        Wire(io.BytesIO(), stream).write({"text": "x" * LONGEST_LINE})
    assert str(raised.value) == f"a message of {LONGEST_LINE + 12} bytes is too long"
    assert stream.getvalue() == b""
