"""From an open link to a logged-in SSH transport: negotiation, host key, login; each failure said in words."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING, cast

import paramiko

from windlass.errors import ConnectError
from windlass.ssh.known_hosts import KnownKey
from windlass.ssh.transport import Transport, printable

if TYPE_CHECKING:
    from windlass.ssh.host_keys import HostKeys
    from windlass.ssh.link import Link
    from windlass.ssh.login import Login

LOGIN_TIMEOUT = 25  # seconds for the host to say something about a key or password
OPEN_TIMEOUT = 25  # seconds for the host to open a channel
TURNED_AWAY = ("Exceeded MaxStartups", "Not allowed at this time")  # sshd, instead of a version line
BUSY = "sshd does so when it has too many connections (MaxStartups) or penalises this address; or is it fail2ban?"


class Unreachable(ConnectError):
    """Not now: another try in a moment may succeed."""


def shake_hands(link: Link, keys: HostKeys, login: Login, timeout: float) -> Transport:
    """Verify the host, then log in, within `timeout` seconds each; raises ConnectError."""
    transport = Transport(cast("socket.socket", link))
    transport.banner_timeout = transport.handshake_timeout = timeout
    transport.auth_timeout = LOGIN_TIMEOUT
    transport.channel_timeout = OPEN_TIMEOUT
    algorithms = transport.get_security_options()
    algorithms.key_types = keys.algorithms(algorithms.key_types)
    try:
        transport.start_client(timeout=timeout + 1)
        shown = transport.get_remote_server_key()
    except (paramiko.SSHException, OSError, EOFError) as error:
        transport.close()
        raise explain_handshake(error, link, keys.where, timeout) from None
    finally:
        transport.packetizer.complete_handshake()  # stops a timer that would hold up the end of the process
    try:
        keys.verify(KnownKey(shown.get_name(), shown.asbytes(), "the host"))
        transport.known_by = frozenset([shown.get_name(), *keys.kinds])
        login.authenticate(transport)
    except BaseException:
        transport.close()
        raise
    return transport


def explain_handshake(error: Exception, link: Link, where: str, timeout: float) -> ConnectError:
    """Why no SSH connection came about over a link that was open."""
    if link.proxy and link.ended:
        return Unreachable(
            f"{where}: the ProxyCommand ended, {link.proxy.stop()}", hint=f"It was: {link.proxy.command}"
        )
    if link.first and b"SSH-" not in link.first:
        said = printable(link.first)
        if said in TURNED_AWAY:
            return Unreachable(f"{where}: sshd turns us away: {said}", hint=BUSY)
        return ConnectError(
            f"{where}: what answers there is not SSH; it says {said!r}", hint="Is it the right port (`ansible_port`)?"
        )
    if link.ended:
        return Unreachable(
            f"{where}: the connection was closed during the SSH handshake",
            hint=BUSY,
        )
    if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
        return ConnectError(f"{where}: the host's SSH and ours have no algorithm in common: {error}")
    if str(error).startswith(("Error reading SSH protocol banner", "No existing session")) or not str(error):
        return Unreachable(
            f"{where}: no SSH handshake within {timeout:g} s",
            hint="The port is open but nothing answers: is the host overloaded, or is something else in between?",
        )
    return ConnectError(f"{where}: the SSH handshake failed: {error}")


def explain_network(error: Exception, where: str, timeout: float) -> ConnectError:
    """Why no TCP connection came about."""
    if isinstance(error, UnicodeError) or (isinstance(error, socket.gaierror) and error.errno != socket.EAI_AGAIN):
        return ConnectError(
            f"{where}: the name does not resolve", hint="Check its spelling, `ansible_host`, and DNS or /etc/hosts."
        )
    if isinstance(error, socket.gaierror):
        return Unreachable(f"{where}: the name server does not answer", hint="Is this machine online?")
    if isinstance(error, TimeoutError):
        return Unreachable(
            f"{where}: no answer within {timeout:g} s",
            hint="Is the host up, the address right (`ansible_host`), and the port open in its firewall?",
        )
    if isinstance(error, ConnectionRefusedError):
        return Unreachable(
            f"{where}: connection refused", hint="Does sshd run there, and on this port (`ansible_port`)?"
        )
    if isinstance(error, ConnectionResetError):
        return Unreachable(f"{where}: connection reset", hint="Something at or before the host cuts connections.")
    code = error.errno if isinstance(error, OSError) else None
    if code == errno.ENETUNREACH:
        return ConnectError(
            f"{where}: network unreachable", hint="This machine has no route there: a VPN, or IPv6 where there is none?"
        )
    if code == errno.EHOSTUNREACH:
        return ConnectError(
            f"{where}: no route to host", hint="Is the host up, and the address right (`ansible_host`)?"
        )
    return ConnectError(f"{where}: {error.strerror if isinstance(error, OSError) else error}")
