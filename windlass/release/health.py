"""[H] One HTTP request over a Unix socket, as nginx would send it."""

from __future__ import annotations

import http.client
import select
import socket
import time
from dataclasses import dataclass
from typing import Callable

# How often a request that waits for its answer looks whether there is still anybody to answer it (seconds).
LOOK = 0.2
# The start of an answer's body that is kept to be shown (bytes).
BODY = 400


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
                    raise socket.timeout(f"no answer within {timeout:g} s")
                look()
            connection.settimeout(max(LOOK, deadline - time.monotonic()))
            response = http.client.HTTPResponse(connection, method="GET")
            try:
                response.begin()
                body = response.read(BODY)
            except http.client.HTTPException as error:
                raise OSError(f"the connection was closed without an answer ({type(error).__name__})") from None
        return Answer(response.status, " ".join(body.decode("utf-8", "replace").split()))

    def _request(self) -> bytes:
        lines = (
            f"GET {self.path} HTTP/1.1",
            f"Host: {self.host}",
            "X-Forwarded-Proto: https",
            f"X-Forwarded-Host: {self.host}",
            "X-Forwarded-For: 127.0.0.1",
            "User-Agent: windlass",
            "Connection: close",
        )
        return ("\r\n".join(lines) + "\r\n\r\n").encode()
