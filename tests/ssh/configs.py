"""A ~/.ssh/config for a test, and a connection that goes by it."""

from __future__ import annotations

from pathlib import Path

from tests.ssh.sshd import Sshd, host, options
from windlass.ssh import connection as ssh


def configure(home: Path, *lines: str) -> None:
    write(home, "config", *lines)


def write(home: Path, name: str, *lines: str) -> None:
    path = home / ".ssh" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def reach(address: str, *servers: Sshd, port: int | None = None, **connect: object) -> None:
    """Connect, run a command, close."""
    connection = ssh.connect(host(port, **{"address": address, **connect}), options(*servers))  # type: ignore[arg-type]
    assert ssh.open_exec(connection, "true").recv_exit_status() == 0
    ssh.close(connection)
    assert not connection.gateway or isinstance(connection.gateway, str) or not connection.gateway.is_connected
