"""The byte stream below SSH: a peer gone silent is noticed, one with nothing to say is left in peace."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING

import fabric
import pytest

from tests.ssh.sshd import ME, Relay, Sshd, host, options, output
from tests.stopped_process import stopped
from windlass.errors import ConnectError
from windlass.ssh import connection as ssh
from windlass.ssh import handshake
from windlass.ssh.options import ConnectOptions

if TYPE_CHECKING:
    from pathlib import Path

    import paramiko


SILENT = r"no answer for \d+ s"


def watch(connection: fabric.Connection) -> None:
    """From now on silence is noticed soon; not before, since what is there may be slow."""
    connection.transport.sock.watch(connection.transport, 0.3, 0.9)


def lost(connection: fabric.Connection, channel: paramiko.Channel) -> str | None:
    """Why, as soon as the channel ends."""
    channel.settimeout(60)
    assert channel.recv(1) == b""
    return ssh.why_lost(connection)


def test_nothing_waits_longer_than_30_seconds_for_a_dead_peer() -> None:
    options = ConnectOptions()
    assert 0 < options.keepalive < options.dead_after < 30
    assert max(options.connect_timeout, handshake.LOGIN_TIMEOUT, handshake.OPEN_TIMEOUT) < 30


def test_an_sshd_that_is_stopped_is_noticed(server: Sshd) -> None:
    """Its machine still answers on the network, and takes what is sent: only the keepalive tells."""
    connection = ssh.connect(host(server.port, key=server.key), options(server, keepalive=1, dead_after=4))
    sshd = int(output(ssh.open_exec(connection, "echo $PPID")))
    channel = ssh.open_exec(connection, "sleep 60")
    with stopped(sshd):
        why = lost(connection, channel)
    assert re.fullmatch(SILENT, why)
    ssh.close(connection)


def test_a_jump_host_that_is_stopped_is_noticed(tmp_path: Path, server: Sshd) -> None:
    with Sshd(tmp_path / "jump") as jump:
        (jump.folder / "authorized_keys").write_text(server.key.with_suffix(".pub").read_text())
        way = f"127.0.0.1:{jump.port}"
        connection = ssh.connect(host(server.port, key=server.key, proxy_jump=way), options(server, jump))
        sshd = int(output(ssh.open_exec(connection.gateway, "echo $PPID")))
        channel = ssh.open_exec(connection, "sleep 60")
        with stopped(sshd):
            watch(connection.gateway)
            assert lost(connection, channel) is not None
            connection.transport.join(60)  # it ends by itself, without a word, though the jump host hears no goodbye
        ssh.close(connection)


def test_a_peer_gone_silent_is_noticed(server: Sshd) -> None:
    with Relay(server.port) as relay:
        trusting = options(server, accept_new_host_key=True)
        connection = ssh.connect(host(relay.port, key=server.key), trusting)
        channel = ssh.open_exec(connection, "sleep 60")
        relay.freeze()
        watch(connection)
        assert re.fullmatch(SILENT, lost(connection, channel))
        with pytest.raises(ConnectError, match=f": {SILENT}$"):
            ssh.open_exec(connection, "true")


def test_a_peer_gone_silent_is_noticed_while_sending(server: Sshd) -> None:
    with Relay(server.port) as relay:
        trusting = options(server, accept_new_host_key=True)
        connection = ssh.connect(host(relay.port, key=server.key), trusting)
        channel = ssh.open_exec(connection, "cat >/dev/null")
        relay.freeze()
        watch(connection)
        with pytest.raises((OSError, EOFError)):  # whichever paramiko meets first
            channel.sendall(bytes(50_000_000))
        assert re.fullmatch(SILENT, ssh.why_lost(connection))


def test_a_host_with_nothing_to_say_is_not_dead(server: Sshd) -> None:
    connection = ssh.connect(host(server.port, key=server.key), options(server, keepalive=0.5, dead_after=4))
    assert output(ssh.open_exec(connection, "sleep 5; echo still here")) == "still here\n"
    ssh.close(connection)


def test_a_host_that_hangs_up(tmp_path: Path) -> None:
    with Sshd(tmp_path / "sshd") as server:
        connection = ssh.connect(host(server.port, key=server.key), options(server))
        channel = ssh.open_exec(connection, "kill $PPID; sleep 1")
        assert lost(connection, channel) == "the host closed the connection"
        ssh.close(connection)


def test_a_network_that_the_kernel_has_given_up(server: Sshd) -> None:
    """It does so of itself after a quarter of an hour, or where somebody has told it to be less patient."""
    with Relay(server.port) as relay:
        trusting = options(server, accept_new_host_key=True)
        connection = ssh.connect(host(relay.port, key=server.key), trusting)
        channel = ssh.open_exec(connection, "cat >/dev/null")
        relay.freeze()
        connection.transport.sock.wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 500)
        with pytest.raises((OSError, EOFError)):
            channel.sendall(bytes(50_000_000))
        connection.transport.join(60)
        with pytest.raises(ConnectError) as caught:
            ssh.open_exec(connection, "true")
        assert str(caught.value) == f"127.0.0.1 ({ME}@127.0.0.1:{relay.port}): the network does not answer any more"
