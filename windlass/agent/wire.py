"""Messages between the control machine and the agent: one JSON object per line, some followed by raw bytes.

A message with a body carries `"size"` (bytes) and the body comes right after its line. Both ends use this module;
what a message may have in it is said in `windlass/agent/messages/`.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

Message = dict[str, Any]


@dataclass(frozen=True)
class Limits:
    """What one direction carries at most: bytes of a line, and of a body."""

    line: int
    body: int


# A catalog is long, and bodies are what is deployed. Of answers each byte may become 27 in memory.
REQUESTS = Limits(line=16 * 1024 * 1024, body=1024 * 1024 * 1024)
ANSWERS = Limits(line=2 * 1024 * 1024, body=0)


class WireError(Exception):
    """What came is no message, or stopped in the middle of one; or what shall go is too long for one."""


def encode(message: Mapping[str, Any], body: bytes | None, limits: Limits) -> bytes:
    """A message as bytes; `body` None = no body. Raises WireError when the other end would refuse it."""
    line = json.dumps(message if body is None else {**message, "size": len(body)}, separators=(",", ":")).encode()
    if len(line) + 1 > limits.line:
        raise WireError(f"a message of {len(line) + 1} bytes is too long")
    if body and len(body) > limits.body:
        raise WireError(f"a body of {len(body)} bytes is too long")
    return line + b"\n" + (body or b"")


def decode(line: bytes) -> Message:
    """One line as a message; raises WireError when it is none."""
    try:
        message = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise WireError(f"not a message: {line[:200]!r}") from None
    if not isinstance(message, dict):
        raise WireError(f"not a message: {line[:200]!r}")
    return message


class Wire:
    """A pair of binary streams that carry messages; `write` may be called from several threads.

    Unless said otherwise, this is the agent's end.
    """

    def __init__(self, reader: BinaryIO, writer: BinaryIO, reads: Limits = REQUESTS, writes: Limits = ANSWERS) -> None:
        self._reader = reader
        self._writer = writer
        self._reads = reads
        self._writes = writes
        self._lock = threading.Lock()

    def write(self, message: Mapping[str, Any], body: bytes | None = None, *, flush: bool = True) -> None:
        """Sends a message; `flush=False` lets it wait for the next one that flushes. Raises WireError: too long."""
        encoded = encode(message, body, self._writes)
        with self._lock:
            self._writer.write(encoded)
            if flush:
                self._writer.flush()

    def read(self) -> tuple[Message, bytes] | None:
        """The next message and its body (empty when it has none); None at the end of the stream."""
        line = self._reader.readline(self._reads.line)
        if not line:
            return None
        if not line.endswith(b"\n"):
            what = "too long" if len(line) == self._reads.line else "cut off"
            raise WireError(f"{what}: {line[:200]!r}")
        message = decode(line)
        size = message.get("size", 0)
        if type(size) is not int or not 0 <= size <= self._reads.body:
            raise WireError(f"a body of {ascii(size)[:40]} bytes")
        body = self._reader.read(size) if size else b""
        if len(body) != size:
            raise WireError(f"a body of {size} bytes ended after {len(body)}")
        return message, body


def _refuse(constant: str) -> NoReturn:
    """NaN and Infinity, which are no JSON."""
    raise ValueError(constant)
