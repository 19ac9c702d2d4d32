"""A network between the control machine and a host that a test can cut."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Closing sends RST at once instead of what is left to send, socket(7).
RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Passes connections to its `port` on to an address, until they are cut."""

    def __init__(self, listener: socket.socket, address: tuple[str, int]) -> None:
        self.port: int = listener.getsockname()[1]
        self._listener = listener
        self._address = address
        self._ends: list[socket.socket] = []

    def cut(self) -> None:
        """Breaks all connections, on both sides."""
        for end in self._ends:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            try:
                end.shutdown(socket.SHUT_RD)  # which wakes whoever reads from it
            except OSError:
                pass
            end.close()
        self._ends.clear()

    def serve(self) -> None:
        """Takes in connections until the listener is closed."""
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._address)
            self._ends += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_pass_on, args=(source, sink), daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(64 * 1024):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@contextmanager
def proxy(address: str, port: int) -> Iterator[Proxy]:
    """A proxy on this machine; at the end all its connections are cut."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = Proxy(listener, (address, port))
        serving = threading.Thread(target=found.serve, daemon=True)
        serving.start()
        try:
            yield found
        finally:
            found.cut()
            listener.shutdown(socket.SHUT_RDWR)
            serving.join(120)
