"""A connection on which an answer has to come whole within a time, and in so many bytes, however slowly it drips."""

from __future__ import annotations

import io
import socket
import time
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from typing import BinaryIO

# How often one that waits looks whether there is still anybody to answer it (seconds).
LOOK = 0.2


class Patient:
    """A connected `sock`, as http.client takes one: what comes has `timeout` seconds in all, and `budget` bytes.

    `look` is called now and then while nothing comes, and may raise. What goes beyond the limits raises OSError.
    """

    def __init__(
        self, sock: socket.socket, timeout: float, budget: int, look: Callable[[], None] = lambda: None
    ) -> None:
        self._sock = sock
        self._timeout, self._budget, self._look = timeout, budget, look
        self._streams = 0
        self._closed = False
        self.begin()

    def begin(self) -> None:
        """The next answer has the same time and bytes again."""
        self._deadline = time.monotonic() + self._timeout
        self._left = self._budget

    def sendall(self, data: bytes) -> None:
        """Sends; for http.client, too."""
        self._sock.settimeout(max(LOOK, self._deadline - time.monotonic()))
        self._sock.sendall(data)

    def makefile(self, *_: Any) -> BinaryIO:
        """What comes, as a stream."""
        self._streams += 1
        return io.BufferedReader(_Stream(self), 64 * 1024)

    def close(self) -> None:
        """Ends the connection, once nobody reads from it any more."""
        self._closed = True
        if not self._streams:
            self._sock.close()

    def left(self) -> None:
        """A stream of it has been closed."""
        self._streams -= 1
        if self._closed:
            self.close()

    def receive(self, buffer: Any) -> int:
        """Fills a part of a buffer; gives back its size, 0 at the end."""
        if not self._left:
            raise OSError(f"the answer is longer than {self._budget // 1024} KiB")
        while True:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise socket.timeout(f"no answer within {round(self._timeout, 1):g} s")
            self._sock.settimeout(min(LOOK, left))
            try:
                size = self._sock.recv_into(buffer, min(len(buffer), self._left))
            except socket.timeout:
                self._look()
            else:
                self._left -= size
                return size


class _Stream(io.RawIOBase):
    def __init__(self, patient: Patient) -> None:
        self._patient = patient

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._patient.left()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._patient.receive(buffer)
