"""fabric.Connections that are not open yet: from an address, ~/.ssh/config, and inventory values that win over it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import fabric
import paramiko

from windlass.errors import ConnectError
from windlass.ssh.user_config import UserConfig, read_config

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILES = ("~/.ssh/config", "/etc/ssh/ssh_config")


def connection_to(
    address: str,
    *,
    user: str | None = None,
    port: int | None = None,
    key_file: Path | None = None,
    password: str | None = None,
    proxy_jump: str | None = None,
) -> fabric.Connection:
    """A connection to open, with its jump hosts; None = ssh_config decides, or the default; raises ConnectError.

    `password` is the host's alone, no jump host gets it.
    """
    connection = _direct(address, user, port, key_file, proxy_jump)
    if password is not None:
        connection.connect_kwargs["password"] = password
    connection.gateway = gateway_of(connection, key_file=key_file)
    return connection


def gateway_of(
    connection: fabric.Connection, *, key_file: Path | None = None, beyond: tuple[tuple[str, int], ...] = ()
) -> fabric.Connection | str | bool:
    """The way to a host: a connection to its (last) jump host, a ProxyCommand, or False = directly.

    `key_file` is offered to a jump host for which ssh_config names no key. `beyond` are the hosts on the other side:
    a pattern with a ProxyJump may match the jump host, too, which is no way to itself.
    """
    said = connection.ssh_config
    jump = said.get("proxyjump", "none")
    if jump == "none":
        return said.get("proxycommand") or False
    beyond = (*beyond, (connection.host, connection.port))
    gateway: fabric.Connection | None = None
    for hop in jump.split(","):
        user, address, port = _parse_hop(hop.strip())
        following = _direct(address, user, port, None, None)
        if (following.host, following.port) in beyond:
            return False
        if key_file and not following.ssh_config.get("identityfile"):
            following.connect_kwargs["key_filename"] = [str(key_file)]
        following.gateway = gateway or gateway_of(following, key_file=key_file, beyond=beyond)
        gateway = following
    return gateway or False


def _direct(
    address: str, user: str | None, port: int | None, key_file: Path | None, proxy_jump: str | None
) -> fabric.Connection:
    try:
        config = fabric.Config(ssh_config=_ssh_config({"User": user, "Port": port, "ProxyJump": proxy_jump}), lazy=True)
        # Settings may not be empty: Fabric would take, and change, those that all connections share.
        settings: dict[str, Any] = {"key_filename": [str(key_file)] if key_file else []}
        # Without a gateway: Fabric visits several hops in the wrong order, and recurses without end where they match
        # their own pattern.
        return fabric.Connection(address, config=config, gateway=False, forward_agent=False, connect_kwargs=settings)
    except (paramiko.ConfigParseError, ValueError) as error:
        raise ConnectError(f"{address}: {' or '.join(FILES)} is not understood: {error}") from None


def _ssh_config(said: Mapping[str, str | int | None]) -> paramiko.SSHConfig:
    """The user's and the system's configuration, with our values in front: the first value is the one that counts."""
    config = UserConfig()
    ours = [f"{key} {value}" for key, value in said.items() if value is not None]
    if broken := [line for line in ours if not line.isprintable()]:
        raise ConnectError(f"{broken[0]!r} holds a character that has no place in it")
    config.parse(io.StringIO("\n".join(ours)))
    for name in FILES:
        config.parse(io.StringIO(read_config(name)))
    config.parse(io.StringIO('CanonicalDomains ""'))  # which paramiko takes for given
    return config


def _parse_hop(hop: str) -> tuple[str | None, str, int | None]:
    """User, address and port of `[user@]host[:port]`, also with brackets around an IPv6 address or as ssh:// URI."""
    user, _, rest = hop.removeprefix("ssh://").rstrip("/").rpartition("@")
    if rest.startswith("["):
        address, _, port = rest[1:].partition("]")
        port = port.removeprefix(":")
    elif rest.count(":") == 1:
        address, port = rest.split(":")
    else:
        address, port = rest, ""
    if port and not port.isdecimal():
        raise ConnectError(f"the port of the jump host {hop!r} is no number: {port!r}", hint="Write USER@HOST:PORT.")
    return user or None, address, int(port) if port else None
