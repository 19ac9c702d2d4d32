"""An SSH server that takes a password: sshd takes those of real users only, and only root may ask for them."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

import paramiko

from tests.ssh.sshd import ME, listening, make_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSWORD = "open sesame"


class PasswordServer(paramiko.ServerInterface):
    """Takes PASSWORD by the methods, divided by commas; `offered` are the passwords and keys it was shown."""

    def __init__(self, method: str) -> None:
        self.method = method
        self.offered: list[str] = []

    def get_allowed_auths(self, username: str) -> str:
        return self.method

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self.offered.append(key.get_name())
        return paramiko.AUTH_FAILED

    def check_auth_password(self, username: str, password: str) -> int:
        self.offered.append(password)
        good = "password" in self.method.split(",") and (username, password) == (ME, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_auth_interactive(self, username: str, submethods: str) -> paramiko.InteractiveQuery:
        return paramiko.InteractiveQuery("", "", ("Password: ", False))

    def check_auth_interactive_response(self, responses: list[str]) -> int:
        self.offered += responses
        return paramiko.AUTH_SUCCESSFUL if responses == [PASSWORD] else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


@contextlib.contextmanager
def password_server(folder: Path, method: str = "password") -> Iterator[tuple[int, Path, PasswordServer]]:
    """Such a server's port, a known_hosts file that has its key, and what it was offered."""
    key = make_key(folder / "password_server_key", "ecdsa")
    server = PasswordServer(method)

    def answer(wire: socket.socket) -> None:
        transport = paramiko.Transport(wire)
        transport.add_server_key(paramiko.ECDSAKey.from_private_key_file(str(key)))
        with contextlib.suppress(paramiko.SSHException, EOFError):
            transport.start_server(server=server)
        transport.join(60)

    with listening(answer) as port:
        known = folder / "password_server_known_hosts"
        known.write_text(f"[127.0.0.1]:{port} {key.with_suffix('.pub').read_text()}")
        yield port, known, server
