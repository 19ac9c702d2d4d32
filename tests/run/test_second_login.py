"""A second login by the way of the first, on a real sshd."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.ssh.sshd import Sshd, host, options
from windlass.run.second_login import log_in_again
from windlass.ssh import connection as ssh

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import fabric

    from windlass.ssh.options import ConnectOptions


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    with Sshd(tmp_path / "sshd") as running:
        yield running


def connected(server: Sshd) -> fabric.Connection:
    return ssh.connect(host(server.port, key=server.key), options(server))


def again(first: fabric.Connection, server: Sshd, given: ConnectOptions | None = None) -> str:
    """As whoever runs the tests, who need not be one that may use sudo."""
    connect = replace(host(server.port, key=server.key).connect, become=False)
    return log_in_again(first, given or options(server), connect)


def test_it_is_a_connection_of_its_own(server: Sshd) -> None:
    first = connected(server)
    before = server.log.count("Accepted publickey")
    assert again(first, server) == ""
    assert server.log.count("Accepted publickey") == before + 1
    assert first.transport.is_active()
    assert ssh.execs(first) == 0
    assert not ssh.by_password(first)
    ssh.close(first)


def test_a_key_that_is_not_taken_any_more(server: Sshd, tmp_path: Path) -> None:
    first = connected(server)
    (server.folder / "authorized_keys").write_text("")
    assert "login refused" in again(first, server)
    ssh.close(first)


def test_another_host_in_its_place(server: Sshd, tmp_path: Path) -> None:
    first = connected(server)
    server.__exit__()
    with Sshd(tmp_path / "other", port=server.port) as other:
        (other.folder / "authorized_keys").write_text((server.folder / "authorized_keys").read_text())
        assert "host key" in again(first, server)
    ssh.close(first)
    server.__enter__()


def test_nobody_listens(server: Sshd) -> None:
    first = connected(server)
    server.__exit__()
    assert "connection refused" in again(first, server)
    ssh.close(first)
    server.__enter__()


def test_a_login_without_commands(tmp_path: Path) -> None:
    with Sshd(tmp_path / "strict", "ForceCommand echo nothing else") as server:
        first = connected(server)
        assert again(first, server) == "it runs no commands: exit status 0: nothing else"
        ssh.close(first)


def test_by_the_same_jump_host(server: Sshd, tmp_path: Path) -> None:
    with Sshd(tmp_path / "jump") as jump:
        config = tmp_path / ".ssh/config"
        config.parent.mkdir()
        config.write_text(f"Host jump\n HostName 127.0.0.1\n Port {jump.port}\n IdentityFile {jump.key}\n")
        both = options(server, jump)
        known = tmp_path / "known"
        known.write_text(jump.known_hosts.read_text() + server.known_hosts.read_text())
        both = options(server, known_hosts=[known])
        first = ssh.connect(host(server.port, key=server.key, proxy_jump="jump"), both)
        assert again(first, server, both) == ""
        assert jump.log.count("Accepted publickey") == 2
        ssh.close(first)
        jump.__exit__()
        reason = again(ssh.connect(host(server.port, key=server.key), both), server, both)
        assert reason == ""
        jump.__enter__()
