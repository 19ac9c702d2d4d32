"""Connections: opened, used, lost and closed, against a real sshd and against what may stand in its place."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import fabric
import pytest

from tests.ssh.sshd import ME, Sshd, host, listening, options, output
from windlass.errors import ConnectError
from windlass.ssh import connection as ssh
from windlass.ssh.options import ConnectOptions

if TYPE_CHECKING:
    from pathlib import Path


# Use


def test_commands_run_without_a_terminal_and_are_counted(server: Sshd) -> None:
    connection = ssh.connect(host(server.port, key=server.key), options(server))
    assert ssh.execs(connection) == 0
    assert output(ssh.open_exec(connection, "test -t 0 || echo no terminal")) == "no terminal\n"
    assert output(ssh.open_exec(connection, "id -un")) == f"{ME}\n"
    assert ssh.execs(connection) == 2
    assert connection.user == ME
    ssh.close(connection)


def test_closing_waits_for_nothing_and_leaves_nothing(server: Sshd) -> None:
    before = set(threading.enumerate())
    connection = ssh.connect(host(server.port, key=server.key), options(server))
    running = int(ssh.open_exec(connection, "echo $$; exec sleep 600").makefile().readline())
    ssh.close(connection)
    ssh.close(connection)
    os.kill(running, signal.SIGKILL)  # it was not waited for
    connection.transport.join(60)
    assert set(threading.enumerate()) <= before
    assert ssh.why_lost(connection) is None


def test_small_packets_are_not_held_back(server: Sshd) -> None:
    connection = ssh.connect(host(server.port, key=server.key), options(server))
    assert connection.transport.sock.wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    ssh.close(connection)


def test_many_hosts_at_once(server: Sshd) -> None:
    def visit(number: int) -> str:
        connection = ssh.connect(host(server.port, key=server.key), options(server))
        said = output(ssh.open_exec(connection, f"echo {number}"))
        ssh.close(connection)
        return said

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(visit, range(20))) == [f"{number}\n" for number in range(20)]


def test_what_fabric_made_is_adopted(server: Sshd, tmp_path: Path) -> None:
    made = fabric.Connection("127.0.0.1", port=server.port, user=ME, connect_kwargs={"key_filename": str(server.key)})
    adopted = ssh.adopt(made, options(server))
    assert adopted is made
    assert output(ssh.open_exec(adopted, "echo ours")) == "ours\n"
    assert adopted.run("echo theirs", hide=True, in_stream=False).stdout == "theirs\n"
    with pytest.raises(ConnectError, match=r"^127.0.0.1 \(.*: unknown host key "):  # though it is open
        ssh.adopt(made, ConnectOptions(known_hosts=[tmp_path / "none"]))
    assert not made.is_connected


def test_fabric_cannot_open_it_again_unverified(server: Sshd) -> None:
    connection = ssh.connect(host(server.port, key=server.key), options(server))
    ssh.close(connection)
    with pytest.raises(Exception, match="not found in known_hosts"):
        connection.run("true", hide=True, in_stream=False)
    connection.close()


def test_paramiko_does_not_print(server: Sshd, capfd: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, root.handlers = root.handlers, []  # pytest's own would hide it
    try:
        nonsense = b"SSH-2.0-x\r\nnonsense, and more of it than a packet has\r\n"
        with listening(lambda wire: wire.sendall(nonsense)) as port, pytest.raises(ConnectError):
            ssh.connect(host(port), options(server))
    finally:
        root.handlers = handlers
    assert capfd.readouterr() == ("", "")


# Retries


def test_a_port_that_opens_late(tmp_path: Path) -> None:
    late = Sshd(tmp_path / "sshd")
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        late.__enter__()

    connection = ssh.connect(host(late.port, key=late.key), ConnectOptions(known_hosts=[late.known_hosts]), say)
    ssh.close(connection)
    late.__exit__()
    assert said == [f"web1 ({ME}@127.0.0.1:{late.port}): connection refused; next try in 1 s (2 of 3)"]


def test_tries_are_bounded_and_final_errors_are_not_tried_again(server: Sshd, tmp_path: Path) -> None:
    calls: list[float] = []
    said: list[str] = []
    with listening(lambda wire: calls.append(time.monotonic())) as port, pytest.raises(ConnectError):
        ssh.connect(host(port), ConnectOptions(attempts=3), said.append)
    assert len(calls) == 3
    assert [line.rpartition("; ")[2] for line in said] == ["next try in 1 s (2 of 3)", "next try in 2 s (3 of 3)"]
    with pytest.raises(ConnectError, match="unknown host key"):
        ssh.connect(host(server.port), ConnectOptions(known_hosts=[tmp_path / "none"]), said.append)
    assert len(said) == 2
