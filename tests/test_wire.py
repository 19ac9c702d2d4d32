"""Messages, as they travel."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windlass.wire import Wire, WireError, encode

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


@pytest.mark.parametrize("sent", [b"Welcome to Ubuntu\n", b"[1]\n", b'{"type": "ok"', b'{"size": 5}\nabc'])
def test_nonsense_is_refused(sent: bytes) -> None:
    with pytest.raises(WireError):
        Wire(io.BytesIO(sent), io.BytesIO()).read()
