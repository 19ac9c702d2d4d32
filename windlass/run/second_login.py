"""A second, fresh login by the way of a connection that is open: whether one could be root there without that one."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import fabric

from windlass.errors import HostError
from windlass.run.exec import Exec
from windlass.run.incoming import Budget
from windlass.ssh.connection import close
from windlass.ssh.opening import Opener

if TYPE_CHECKING:
    from windlass.host import Connect
    from windlass.ssh.options import ConnectOptions

# For the way to a trivial command, and for what that says.
PATIENCE = Budget(20, 1024 * 1024)


def log_in_again(connection: fabric.Connection, options: ConnectOptions, connect: Connect) -> str:
    """Opens the way to the host once more, all of it, and runs a command as root; why that fails (empty = it works)."""
    second = _same_way(connection)
    token = secrets.token_hex(8)
    try:
        Opener(options, lambda line: None).open(second, connection.original_host, connect.host_key)
        command = Exec(second, connect, f"echo {token}", beginning=PATIENCE)
        if command.status is not None:
            return str(command.error("it runs no commands"))
        command.incoming.give(PATIENCE)
        said = command.stdout.readline(64 * 1024)
    except (HostError, OSError) as error:
        return str(error)
    finally:
        close(second)
    return "" if token.encode() in said else f"it runs no commands; `echo` gave {said[:200]!r}"


def _same_way(connection: fabric.Connection) -> fabric.Connection:
    """A connection not open yet to the same place, with the same settings, by jump hosts of its own."""
    gateway = connection.gateway
    return fabric.Connection(
        connection.original_host,
        user=connection.user,
        port=connection.port,
        config=connection.config,
        gateway=_same_way(gateway) if isinstance(gateway, fabric.Connection) else gateway or False,
        forward_agent=False,
        connect_timeout=connection.connect_timeout,
        connect_kwargs=dict(connection.connect_kwargs),
    )
