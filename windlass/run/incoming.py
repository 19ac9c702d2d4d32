"""What a host says on a channel, read no longer and no more of it than it is given."""

from __future__ import annotations

import io
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.errors import AgentError

if TYPE_CHECKING:
    from collections.abc import Callable

    import paramiko

MIB = 1024 * 1024


@dataclass(frozen=True)
class Budget:
    """What a host is given for all that it has to say: seconds, and bytes; None = as much as it likes."""

    seconds: float | None = None
    size: int | None = None


BOUNDLESS = Budget()


class Woken(threading.Event):
    """Set whenever something comes in on either stream; a stream that is empty again must not take that back."""

    def clear(self) -> None:
        """Asked for by paramiko's buffers."""

    def forget(self) -> None:
        """Nothing has come in, as far as is known."""
        super().clear()


class Incoming(io.RawIOBase):
    """The stdout of a channel as a raw stream (io.RawIOBase), within a budget; raises AgentError beyond that."""

    def __init__(self, channel: paramiko.Channel) -> None:
        super().__init__()
        self._channel = channel
        self._woken = Woken()
        for stream in (channel.in_buffer, channel.in_stderr_buffer):
            stream.set_event(self._woken)
        self._ahead = b""
        self.give(BOUNDLESS)

    def give(self, budget: Budget) -> None:
        """What the host may say from now on."""
        self._budget = budget
        self._left = budget.size
        self._end = None if budget.seconds is None else time.monotonic() + budget.seconds

    def put_back(self, data: bytes) -> None:
        """Has bytes be read again, before all others."""
        self._ahead = data

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data, self._ahead = self._ahead[: len(buffer)], self._ahead[len(buffer) :]
        if not data:
            self._await_stdout()
            data = self._channel.recv(len(buffer))
        if self._left is not None:
            self._left -= len(data)
            if self._left < 0:
                raise AgentError(f"the host says more than {self._budget.size // MIB} MiB")  # type: ignore[operator]
        buffer[: len(data)] = data
        return len(data)

    def await_any(self) -> bool:
        """Waits for something on stdout or stderr; False = the budget's time is over."""
        return self._await(lambda: self._channel.recv_ready() or self._channel.recv_stderr_ready())

    def _await_stdout(self) -> None:
        if not self._await(self._channel.recv_ready):
            raise AgentError(
                f"the host has not said all within {self._budget.seconds:g} s",
                hint="It is overloaded, or does not mean to come to an end.",
            )

    def _await(self, ready: Callable[[], bool]) -> bool:
        while True:
            self._woken.forget()
            left = None if self._end is None else self._end - time.monotonic()
            # Looked at first: one that never stops talking would have all the time there is.
            if left is not None and left <= 0:
                return False
            if ready() or self.ended:
                return True
            self._woken.wait(left)

    @property
    def ended(self) -> bool:
        """Whether no more comes than what is there."""
        return bool(self._channel.eof_received or self._channel.closed)
