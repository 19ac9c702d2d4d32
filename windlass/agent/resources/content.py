"""Bytes that a catalog names by hash and the agent fetches only when it lacks them."""

from __future__ import annotations

import hashlib
from typing import Callable, Union

Bytes = Union[str, bytes]


class Content:
    """Some bytes: `sha256` is their hash in hex, `size` their number.

    On the control machine it holds the bytes; on a host it asks for them at the first `read`.
    """

    def __init__(self, sha256: str, size: int, fetch: Callable[[str], bytes]) -> None:
        self.sha256 = sha256
        self.size = size
        self._fetch = fetch
        self._bytes: bytes | None = None

    @classmethod
    def of(cls, data: Bytes) -> Content:
        """Content that is at hand; text becomes UTF-8."""
        if isinstance(data, str):
            data = data.encode()
        content = cls(hashlib.sha256(data).hexdigest(), len(data), lambda _: data)
        content._bytes = data
        return content

    def read(self) -> bytes:
        """The bytes; on a host the first call fetches them from the control machine."""
        if self._bytes is None:
            self._bytes = self._fetch(self.sha256)
        return self._bytes

    def __repr__(self) -> str:
        return f"<content {self.sha256[:8]}, {self.size} bytes>"
