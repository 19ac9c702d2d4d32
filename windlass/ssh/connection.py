"""Connections to hosts: opened, host key verified, logged in; then one exec after the other over them.

fabric.Connection does what it is good at (ssh_config, tasks); it neither verifies host keys nor is it quick, so its
`open` is not used. Retries are for connecting only, since a command sent twice may be done twice.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from windlass.errors import ConnectError
from windlass.ssh.options import PLAIN, ConnectOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import fabric
    import paramiko

    from windlass.host import Host

PATIENCE = 25  # seconds for the host to say whether it runs a command


def connect(
    host: Host, options: ConnectOptions = PLAIN, say: Callable[[str], None] = lambda line: None
) -> fabric.Connection:
    """An open connection to a host of the inventory, whose values win over ssh_config; raises ConnectError."""
    from windlass.ssh.config import connection_to
    from windlass.ssh.opening import Opener

    wanted = host.connect
    connection = connection_to(
        wanted.address,
        user=wanted.user,
        port=wanted.port,
        key_file=wanted.key_file,
        password=wanted.password,
        proxy_jump=wanted.proxy_jump,
    )
    Opener(options, say).open(connection, host.name, wanted.host_key)
    return connection


def adopt(
    connection: fabric.Connection,
    options: ConnectOptions = PLAIN,
    say: Callable[[str], None] = lambda line: None,
    *,
    host_key: str | None = None,
    password: str | None = None,
) -> fabric.Connection:
    """The same for a connection that Fabric made (`fab -H root@HOST`); one already open is opened again, verified.

    `host_key` ("ssh-ed25519 AAAA...") and `password` are what the inventory says of the host; None = it says nothing.
    """
    from windlass.ssh.config import gateway_of
    from windlass.ssh.opening import Opener

    close(connection)
    if password is not None:
        connection.connect_kwargs["password"] = password
    if "proxyjump" in connection.ssh_config:
        connection.gateway = gateway_of(connection)  # Fabric visits several hops in the wrong order
    Opener(options, say).open(connection, connection.original_host, host_key)
    return connection


def open_exec(connection: fabric.Connection, command: str) -> paramiko.Channel:
    """Start a command over a connection, without a terminal; raises ConnectError."""
    import paramiko

    from windlass.ssh.opening import place

    late = threading.Event()
    try:
        channel: paramiko.Channel = connection.transport.open_session()
        with _closed_after(channel, late):
            channel.exec_command(command)  # nosec B601 - a command is what this is for
    except (paramiko.SSHException, OSError, EOFError) as error:
        where = place(connection, connection.original_host)
        if late.is_set():
            raise ConnectError(
                f"{where}: the host does not say within {PATIENCE} s whether it runs a command"
            ) from None
        if lost := why_lost(connection):
            raise ConnectError(f"{where}: {lost}") from None
        said = error.text if isinstance(error, paramiko.ChannelException) else error
        raise ConnectError(
            f"{where}: the host refuses to run a command: {said}", hint="Does its sshd_config say so (MaxSessions)?"
        ) from None
    connection.execs += 1
    return channel


@contextmanager
def _closed_after(channel: paramiko.Channel, late: threading.Event) -> Iterator[None]:
    """Closes a channel, and says so, if what is done with it takes too long: paramiko would wait for good."""

    def close() -> None:
        late.set()
        with suppress(EOFError, OSError):  # the connection may end at this moment
            channel.close()

    timer = threading.Timer(PATIENCE, close)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def execs(connection: fabric.Connection) -> int:
    """How many commands were started over the connection."""
    count: int = connection.execs
    return count


def by_password(connection: fabric.Connection) -> bool:
    """Whether the login was by a password, or by answers like one."""
    handler = connection.transport.auth_handler
    return handler is not None and handler.auth_method in ("password", "keyboard-interactive")


def known_by(connection: fabric.Connection) -> frozenset[str]:
    """The kinds of host keys, e.g. `ssh-ed25519`, by one of which the host was let through."""
    kinds: frozenset[str] = connection.transport.known_by
    return kinds


def why_lost(connection: fabric.Connection) -> str | None:
    """Why the connection broke; None = it is open, or we closed it."""
    transport = connection.transport
    if not transport.sock.ended:
        return None
    return transport.sock.lost or transport.farewell or "the host closed the connection"


def close(connection: fabric.Connection) -> None:
    """Close at once, jump hosts too; a second call does nothing."""
    from windlass.ssh.opening import close

    close(connection)
