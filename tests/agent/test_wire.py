"""Messages, as they travel."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windlass.agent.wire import ANSWERS, REQUESTS, Wire, WireError, encode

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.lists(st.tuples(st.dictionaries(st.text().filter(lambda key: key != "size"), values), st.binary())))
def test_what_is_written_is_read(messages: list[tuple[dict[str, object], bytes]]) -> None:
    stream = io.BytesIO(b"".join(encode(message, body, REQUESTS) for message, body in messages))
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
        (b'{"size": -1}\nabc', "a body of -1 bytes"),
        (b'{"size": true}\na', "a body of True bytes"),
        (b'{"size": 1e9}\na', "a body of 1000000000.0 bytes"),
        (b'{"size": null}\na', "a body of None bytes"),
        (b'{"size": 1%s}\na' % (b"0" * 60), f"a body of 1{'0' * 39} bytes"),
        (b'{"a": NaN}\n', "not a message: b'{\"a\": NaN}\\n'"),
        (b"[" * 100_000 + b"\n", f"not a message: {b'[' * 200!r}"),
        (b"x" * REQUESTS.line, f"too long: {b'x' * 200!r}"),
    ],
)
def test_nonsense_is_refused(sent: bytes, words: str) -> None:
    with pytest.raises(WireError) as raised:
        Wire(io.BytesIO(sent), io.BytesIO()).read()
    assert str(raised.value) == words


def test_a_message_that_the_other_end_would_refuse_is_not_sent() -> None:
    stream = io.BytesIO()
    with pytest.raises(WireError) as raised:
        Wire(io.BytesIO(), stream).write({"text": "x" * ANSWERS.line})
    assert str(raised.value) == f"a message of {ANSWERS.line + 12} bytes is too long"
    with pytest.raises(WireError) as raised:
        Wire(io.BytesIO(), stream).write({}, b"an agent has none")
    assert str(raised.value) == "a body of 17 bytes is too long"
    assert stream.getvalue() == b""
