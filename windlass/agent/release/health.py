"""One HTTP request over a Unix socket, as nginx would send it."""

from __future__ import annotations

import select
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from typing import BinaryIO

# How often a request that waits for its answer looks whether there is still anybody to answer it (seconds).
LOOK = 0.2
# The start of an answer's body that is kept (bytes): more than is shown, so that a secret in it is found whole.
BODY = 64 * 1024
LONGEST_LINE = 64 * 1024


@dataclass(frozen=True)
class Answer:
    """What came back: an HTTP status and the start of the body."""

    status: int
    body: str

    @property
    def good(self) -> bool:
        """Whether it is one of the 2xx."""
        return 200 <= self.status < 300

    def __str__(self) -> str:
        return f"HTTP {self.status}" + (f": {self.body}" if self.body else "")


@dataclass(frozen=True)
class Question:
    """A GET request for `path` to the server name `host`, said to have come over HTTPS."""

    host: str
    path: str

    def ask(self, address: str, timeout: float, look: Callable[[], None] = lambda: None) -> Answer:
        """The answer of the app behind the socket `address`; `timeout` in seconds for all of it.

        `look` is called now and then while nothing comes, and may raise. Raises OSError when nobody listens, answers
        in time, or the connection breaks.
        """
        deadline = time.monotonic() + timeout
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            connection.connect(address)
            connection.sendall(self._request())
            while not select.select([connection], [], [], LOOK)[0]:
                if time.monotonic() > deadline:
                    raise socket.timeout(f"no answer within {round(timeout, 1):g} s")
                look()
            connection.settimeout(max(LOOK, deadline - time.monotonic()))
            return _answer(connection.makefile("rb"))

    def _request(self) -> bytes:
        lines = (
            # 1.0, so that the body comes as it is: http.client, which could undo 1.1's, takes 27 ms to import.
            f"GET {self.path} HTTP/1.0",
            f"Host: {self.host}",
            "X-Forwarded-Proto: https",
            f"X-Forwarded-Host: {self.host}",
            "X-Forwarded-For: 127.0.0.1",
            "User-Agent: windlass",
        )
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _answer(stream: BinaryIO) -> Answer:
    """The answer that comes in (RFC 9112); raises OSError when it is none."""
    words = stream.readline(LONGEST_LINE).split(None, 2)
    line = b"more"
    while line.strip():
        line = stream.readline(LONGEST_LINE)
    if line == b"" or len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        raise OSError("the connection was closed without an answer")
    body = stream.read(BODY).decode("utf-8", "replace")
    return Answer(int(words[1]), " ".join(body.split()))
