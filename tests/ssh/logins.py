"""Logins at a real sshd that are to work, or to be refused in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ssh.sshd import ME, Sshd, host, options
from windlass.errors import ConnectError
from windlass.ssh import connection as ssh


def log_in(server: Sshd, key: Path | None = None, **connect: object) -> None:
    """Connect and close."""
    ssh.close(ssh.connect(host(server.port, key=key, **connect), options(server)))


def refusal(server: Sshd, key: Path | None = None, **connect: object) -> str:
    """What the refusal says, without the host it is about."""
    with pytest.raises(ConnectError) as caught:
        log_in(server, key, **connect)
    user = connect.get("user", ME)
    return str(caught.value).removeprefix(f"web1 ({user}@127.0.0.1:{server.port}): ")
