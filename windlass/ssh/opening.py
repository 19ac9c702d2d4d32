"""Opening a fabric.Connection: the way to the host, hop by hop, each verified; tried again when it may help."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING

import paramiko

from windlass.errors import ConnectError
from windlass.ssh.handshake import Unreachable, explain_network, shake_hands
from windlass.ssh.host_keys import HostKeys
from windlass.ssh.link import Link, open_proxy, open_tcp
from windlass.ssh.login import Login

if TYPE_CHECKING:
    from collections.abc import Callable

    import fabric

    from windlass.ssh.options import ConnectOptions
    from windlass.ssh.transport import Transport

KNOWN_HOSTS = ("~/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts")
LONGEST_PAUSE = 8  # seconds between two tries
PROHIBITED = 1  # SSH_OPEN_ADMINISTRATIVELY_PROHIBITED

# Without this, logging prints paramiko's stack traces on stderr; --debug gives the root logger a handler of its own.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


class Opener:
    """Opens connections, with one set of options; `say` gets one line per retry and per accepted host key."""

    def __init__(self, options: ConnectOptions, say: Callable[[str], None]) -> None:
        self._options = options
        self._say = say

    def open(self, connection: fabric.Connection, name: str, host_key: str | None) -> None:
        """Open, with retries; `host_key` is what the inventory has, None = known_hosts decides; raises ConnectError."""
        for attempt in range(1, self._options.attempts + 1):
            try:
                self._open_once(connection, name, host_key)
                return
            except BaseException as error:
                close(connection)
                if not isinstance(error, Unreachable) or attempt == self._options.attempts:
                    raise
                pause = min(2 ** (attempt - 1), LONGEST_PAUSE)
                self._say(f"{error.args[0]}; next try in {pause} s ({attempt + 1} of {self._options.attempts})")
                time.sleep(pause)

    def _open_once(self, connection: fabric.Connection, name: str, host_key: str | None, *, jump: bool = False) -> None:
        where = place(connection, name)
        timeout = connection.connect_timeout or self._options.connect_timeout
        keys = self._host_keys(connection, where, host_key)
        login = Login(connection, where, self._options.ask, jump=jump)
        link = self._link(connection, where, timeout)
        try:
            transport = shake_hands(link, keys, login, timeout)
        except BaseException:
            link.close()
            raise
        link.watch(transport, self._options.keepalive, self._options.dead_after)
        # Should Fabric open it again by itself, this client's policy refuses: paramiko's own default.
        connection.client = paramiko.SSHClient()
        connection.client._transport = transport
        connection.transport = transport
        connection._set(execs=0)  # a plain attribute would become one of Fabric's settings

    def _host_keys(self, connection: fabric.Connection, where: str, host_key: str | None) -> HostKeys:
        said = connection.ssh_config
        keys = HostKeys(where, connection.host, connection.port, alias=said.get("hostkeyalias"))
        own = self._options.known_hosts or _files(said.get("userknownhostsfile", KNOWN_HOSTS[0]))
        others = [] if self._options.known_hosts else _files(said.get("globalknownhostsfile", KNOWN_HOSTS[1]))
        keys.load(own + others, host_key)
        if self._options.accept_new_host_key:
            keys.accept_new(self._say, own[0] if own else None)
        return keys

    def _link(self, connection: fabric.Connection, where: str, timeout: float) -> Link:
        gateway = connection.gateway
        if gateway and not isinstance(gateway, str):
            self._open_once(gateway, f"jump host {gateway.original_host}", None, jump=True)
            return _through(gateway, connection, where, timeout)
        try:
            return open_proxy(gateway) if gateway else open_tcp(connection.host, connection.port, timeout)
        except (OSError, UnicodeError) as error:
            raise explain_network(error, where, timeout) from None


def _files(names: str) -> list[Path]:
    return [Path(name).expanduser() for name in names.split() if name != "none"]


def _through(gateway: fabric.Connection, connection: fabric.Connection, where: str, timeout: float) -> Link:
    """A link to the host over a channel of its jump host."""
    transport: Transport = gateway.transport
    target = (connection.host, connection.port)
    try:
        return Link(transport.open_channel("direct-tcpip", target, ("", 0), timeout=timeout))
    except paramiko.ChannelException as error:
        if error.code == PROHIBITED:
            raise ConnectError(
                f"{where}: the jump host {gateway.original_host} forbids forwarding",
                hint="Allow it in its sshd_config (AllowTcpForwarding, PermitOpen).",
            ) from None
        raise Unreachable(
            f"{where}: the jump host {gateway.original_host} cannot reach it: {error.text}",
            hint="Does the name resolve there, and does sshd run on that port?",
        ) from None
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise Unreachable(f"{where}: the jump host {gateway.original_host} failed: {error}") from None


def place(connection: fabric.Connection, name: str) -> str:
    """The host as messages name it: `web1 (root@192.0.2.1:22)`."""
    host = f"[{connection.host}]" if ":" in connection.host else connection.host
    return f"{name} ({connection.user}@{host}:{connection.port})"


def close(connection: fabric.Connection) -> None:
    """Close at once, jump hosts too; a second call does nothing."""
    connection.close()
    if connection.gateway and not isinstance(connection.gateway, str):
        close(connection.gateway)
