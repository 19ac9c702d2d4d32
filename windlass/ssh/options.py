"""How a host is connected to, whatever its address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.output import questions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class ConnectOptions:
    """How hard to try, and whom to believe; times in seconds."""

    connect_timeout: float = 10  # per step (TCP, handshake); a ConnectTimeout in ssh_config wins
    attempts: int = 3  # when refused, timed out or reset
    accept_new_host_key: bool = False
    known_hosts: list[Path] | None = None  # the first is written to; None = those of ssh
    keepalive: float = 10  # of silence, before the host is asked for a sign of life
    dead_after: float = 25  # of silence, after which it counts as dead
    ask: Callable[[str], str] = questions.ask  # for a key's passphrase


PLAIN = ConnectOptions()
