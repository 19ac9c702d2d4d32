"""The byte stream below SSH: a peer gone silent is noticed, one with nothing to say is left in peace."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import fabric
import pytest

from tests.ssh.sshd import Relay, Sshd, host, options, output
from windlass.errors import ConnectError
from windlass.ssh import connection as ssh
from windlass.ssh import handshake
from windlass.ssh.connection import ConnectOptions

if TYPE_CHECKING:
    from pathlib import Path

    import paramiko


def lost(connection: fabric.Connection, channel: paramiko.Channel) -> tuple[str | None, float]:
    """Why, and after how many seconds."""
    began = time.monotonic()
    channel.settimeout(20)
    assert channel.recv(1) == b""
    return ssh.why_lost(connection), time.monotonic() - began


@contextlib.contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process that does nothing any more, not even end."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def test_nothing_waits_longer_than_30_seconds_for_a_dead_peer() -> None:
    options = ConnectOptions()
    assert 0 < options.keepalive < options.dead_after < 30
    assert max(options.connect_timeout, handshake.LOGIN_TIMEOUT, handshake.OPEN_TIMEOUT) < 30


def test_an_sshd_that_is_stopped_is_noticed(server: Sshd) -> None:
    """Its machine still answers on the network, and takes what is sent: only the keepalive tells."""
    connection = ssh.connect(host(server.port, key=server.key), options(server, keepalive=0.3, dead_after=0.9))
    sshd = int(output(ssh.open_exec(connection, "echo $PPID")))
    channel = ssh.open_exec(connection, "sleep 60")
    with stopped(sshd):
        why, seconds = lost(connection, channel)
    assert why == "no answer for 1 s"
    assert 0.5 < seconds < 3
    ssh.close(connection)


def test_a_jump_host_that_is_stopped_is_noticed(tmp_path: Path, server: Sshd) -> None:
    with Sshd(tmp_path / "jump") as jump:
        (jump.folder / "authorized_keys").write_text(server.key.with_suffix(".pub").read_text())
        way = f"127.0.0.1:{jump.port}"
        trusting = options(server, jump, keepalive=0.3, dead_after=0.9)
        connection = ssh.connect(host(server.port, key=server.key, proxy_jump=way), trusting)
        sshd = int(output(ssh.open_exec(connection.gateway, "echo $PPID")))
        channel = ssh.open_exec(connection, "sleep 60")
        with stopped(sshd):
            why, seconds = lost(connection, channel)
        assert why is not None
        assert seconds < 3
        ssh.close(connection)


def test_a_peer_gone_silent_is_noticed(server: Sshd) -> None:
    with Relay(server.port) as relay:
        trusting = options(server, accept_new_host_key=True, keepalive=0.3, dead_after=0.9)
        connection = ssh.connect(host(relay.port, key=server.key), trusting)
        channel = ssh.open_exec(connection, "sleep 60")
        relay.freeze()
        why, seconds = lost(connection, channel)
        assert why == "no answer for 1 s"
        assert 0.5 < seconds < 3
        with pytest.raises(ConnectError, match=r": no answer for 1 s$"):
            ssh.open_exec(connection, "true")


def test_a_peer_gone_silent_is_noticed_while_sending(server: Sshd) -> None:
    with Relay(server.port) as relay:
        trusting = options(server, accept_new_host_key=True, keepalive=0.3, dead_after=0.9)
        connection = ssh.connect(host(relay.port, key=server.key), trusting)
        channel = ssh.open_exec(connection, "cat >/dev/null")
        relay.freeze()
        began = time.monotonic()
        with pytest.raises((OSError, EOFError)):  # whichever paramiko meets first
            channel.sendall(bytes(50_000_000))
        assert time.monotonic() - began < 5
        assert ssh.why_lost(connection) == "no answer for 1 s"


def test_a_host_with_nothing_to_say_is_not_dead(server: Sshd) -> None:
    connection = ssh.connect(host(server.port, key=server.key), options(server, keepalive=0.2, dead_after=0.6))
    assert output(ssh.open_exec(connection, "sleep 2; echo still here")) == "still here\n"
    ssh.close(connection)


def test_a_host_that_hangs_up(tmp_path: Path) -> None:
    with Sshd(tmp_path / "sshd") as server:
        connection = ssh.connect(host(server.port, key=server.key), options(server))
        channel = ssh.open_exec(connection, "kill $PPID; sleep 1")
        assert lost(connection, channel)[0] == "the host closed the connection"
        ssh.close(connection)
