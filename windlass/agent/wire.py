"""Messages between the control machine and the agent: one JSON object per line, some followed by raw bytes.

A message with a body carries `"size"` (bytes) and the body comes right after its line. Both ends use this module.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import BinaryIO

Message = dict[str, Any]

# A line longer than this is no message of ours; refuse it before it fills the memory (bytes).
LONGEST_LINE = 16 * 1024 * 1024


class WireError(Exception):
    """What came is no message, or stopped in the middle of one; or what shall go is too long for one."""


def encode(message: Message, body: bytes | None = None) -> bytes:
    """A message as bytes; `body` None = no body. Raises WireError when the other end would refuse it."""
    if body is not None:
        message = {**message, "size": len(body)}
    line = json.dumps(message, separators=(",", ":")).encode() + b"\n"
    if len(line) > LONGEST_LINE:
        raise WireError(f"a message of {len(line)} bytes is too long")
    return line + (body or b"")


def decode(line: bytes) -> Message:
    """One line as a message; raises WireError when it is none."""
    try:
        message = json.loads(line)
    except ValueError:
        raise WireError(f"not a message: {line[:200]!r}") from None
    if not isinstance(message, dict):
        raise WireError(f"not a message: {line[:200]!r}")
    return message


class Wire:
    """A pair of binary streams that carry messages; `write` may be called from several threads."""

    def __init__(self, reader: BinaryIO, writer: BinaryIO) -> None:
        self._reader = reader
        self._writer = writer
        self._lock = threading.Lock()

    def write(self, message: Message, body: bytes | None = None, *, flush: bool = True) -> None:
        """Sends a message; `flush=False` lets it wait for the next one that flushes."""
        with self._lock:
            self._writer.write(encode(message, body))
            if flush:
                self._writer.flush()

    def read(self) -> tuple[Message, bytes] | None:
        """The next message and its body (empty when it has none); None at the end of the stream."""
        line = self._reader.readline(LONGEST_LINE)
        if not line:
            return None
        if not line.endswith(b"\n"):
            raise WireError(f"cut off: {line[:200]!r}")
        message = decode(line)
        size = message.get("size", 0)
        body = self._reader.read(size) if size else b""
        if len(body) != size:
            raise WireError(f"a body of {size} bytes ended after {len(body)}")
        return message, body
