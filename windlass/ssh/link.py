"""The byte stream below SSH: quick, and watched so that a peer gone silent is noticed.

Nagle's algorithm together with delayed ACKs costs 43 ms at login and again at every exec (measured), and paramiko
leaves both on. Paramiko also sends keepalives without ever asking for an answer; here silence has an end.
"""

from __future__ import annotations

import socket
import subprocess
import tempfile
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from paramiko import Channel, Transport

QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)  # Linux only
FIRST_BYTES = 255  # the longest version line SSH allows


class Link:
    """What paramiko uses as its socket, over TCP, a ProxyCommand or a jump host's channel."""

    def __init__(self, wire: socket.socket | Channel, proxy: Proxy | None = None) -> None:
        self.wire = wire
        self.proxy = proxy
        self.first = b""  # the first bytes heard: they tell what answers if it is not SSH
        self.ended = False  # the other side closed, or the network broke
        self.lost: str | None = None  # why we gave the peer up; None = we did not
        self._closed = False  # paramiko reads it under this name
        self._heard_at = time.monotonic()
        self._asked_at: float | None = None
        self._watched: tuple[Transport, float, float] | None = None
        self._quick = isinstance(wire, socket.socket) and wire.family != getattr(socket, "AF_UNIX", None)

    def recv(self, size: int) -> bytes:
        """Up to `size` bytes; b"" at the end; raises TimeoutError when nothing came within the timeout."""
        try:
            if self._quick and QUICK_ACK is not None:  # the kernel forgets the flag, hence every time
                self.wire.setsockopt(socket.IPPROTO_TCP, QUICK_ACK, 1)  # type: ignore[union-attr]
            heard = self.wire.recv(size)
        except OSError as error:
            if _is_pause(error):
                self._look_for_silence()
                raise
            raise self._break(error) from None
        self._heard_at, self._asked_at = time.monotonic(), None
        self.ended = self.ended or (not heard and not self._closed)
        if len(self.first) < FIRST_BYTES:
            self.first += heard[: FIRST_BYTES - len(self.first)]
        return heard

    def send(self, content: bytes) -> int:
        """Send some of `content` and return how many bytes."""
        try:
            return self.wire.send(content)
        except OSError as error:
            if _is_pause(error):
                raise
            raise self._break(error) from None

    def settimeout(self, seconds: float | None) -> None:
        """Bound each recv and send."""
        self.wire.settimeout(seconds)

    def close(self) -> None:
        """End the stream at once, and its ProxyCommand."""
        self._closed = True
        if isinstance(self.wire, socket.socket):
            try:
                self.wire.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads
            except OSError:
                pass  # not connected any more
        try:
            self.wire.close()
        except (OSError, EOFError):
            pass  # a channel says goodbye to its jump host, which may be gone
        if self.proxy:
            self.proxy.stop(patience=1 if self.ended else 0)

    def watch(self, transport: Transport, keepalive: float, dead_after: float) -> None:
        """Ask after `keepalive` seconds of silence, give the peer up after `dead_after` seconds of it."""
        self._watched = (transport, keepalive, dead_after)

    def _break(self, error: OSError) -> OSError:
        """Notes that the network broke; the error to raise."""
        self.ended = self.ended or not self._closed
        if not isinstance(error, TimeoutError):
            return error
        self.lost = "the network does not answer any more"
        return ConnectionAbortedError(error.errno, self.lost)  # paramiko would take a timeout for a mere pause

    def _look_for_silence(self) -> None:
        if self._watched is None:
            return
        transport, keepalive, dead_after = self._watched
        now = time.monotonic()
        if self._asked_at is None:
            if now - self._heard_at >= keepalive:
                self._asked_at = now
                # In a thread of its own: whoever reads must not wait for a lock or for room to write.
                threading.Thread(target=_ask, args=(transport,), daemon=True).start()
        elif now - self._asked_at >= dead_after - keepalive:
            self.ended = True
            self.lost = f"no answer for {now - self._heard_at:.0f} s"
            raise ConnectionAbortedError(0, self.lost)


def _is_pause(error: OSError) -> bool:
    """Whether it is a timeout of ours; the kernel's, which has given the peer up, has a number."""
    return isinstance(error, TimeoutError) and error.errno is None


def _ask(transport: Transport) -> None:
    try:
        transport.global_request("keepalive@openssh.com", wait=True)  # any answer will do, also "unknown request"
    except Exception:  # noqa: S110 - the connection broke meanwhile, which its reader says better
        pass


class Proxy:
    """A running ProxyCommand; `wire` is its standard input and output."""

    def __init__(self, command: str) -> None:
        self.command = command
        self._stopping = threading.Lock()
        self._words = ""
        self.wire, theirs = socket.socketpair()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        with theirs:
            # A session of its own, so that Ctrl-C does not cut the connection before we have stopped cleanly.
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", f"exec {command}"],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=self._stderr,
                start_new_session=True,
            )

    def stop(self, patience: float = 0) -> str:
        """End the process, which gets `patience` seconds to end by itself; how it ended, and its last words."""
        with self._stopping:  # by whoever closes the link, and by whoever asks why it ended
            if not self._stderr.closed:
                ends: list[Callable[[], object]] = [self._process.poll, self._process.terminate, self._process.kill]
                for end in ends:
                    end()
                    try:
                        self._process.wait(patience)
                        break
                    except subprocess.TimeoutExpired:
                        patience = 2
                self._stderr.seek(0)
                self._words = self._stderr.read().decode(errors="replace").strip()[-500:]
                self._stderr.close()
        status = f"exit status {self._process.returncode}"
        return f"{status}: {self._words}" if self._words else status


def open_tcp(address: str, port: int, timeout: float) -> Link:
    """Connect within `timeout` seconds per address of the name; raises OSError."""
    wire = socket.create_connection((address, port), timeout)
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Link(wire)


def open_proxy(command: str) -> Link:
    """Talk to the host through a ProxyCommand."""
    proxy = Proxy(command)
    return Link(proxy.wire, proxy)
