"""~/.ssh/config, jump hosts and ProxyCommand, each with real sshds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import fabric
import pytest

from tests.ssh.configs import configure, reach
from tests.ssh.sshd import ME, Sshd, fingerprint, free_port, options
from windlass.errors import ConnectError
from windlass.ssh import connection as ssh
from windlass.ssh.config import connection_to

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def jump(tmp_path_factory: pytest.TempPathFactory, server: Sshd) -> Iterator[Sshd]:
    """A jump host that forwards to the server only."""
    with Sshd(tmp_path_factory.mktemp("jump"), f"PermitOpen 127.0.0.1:{server.port}") as running:
        yield running


@pytest.fixture(scope="module")
def outer(tmp_path_factory: pytest.TempPathFactory, jump: Sshd) -> Iterator[Sshd]:
    """A jump host that forwards to the other jump host only."""
    with Sshd(tmp_path_factory.mktemp("outer"), f"PermitOpen 127.0.0.1:{jump.port}") as running:
        yield running


# ~/.ssh/config


def test_ssh_config_says_how(home: Path, server: Sshd) -> None:
    lines = ["HostName 127.0.0.1", f"Port {server.port}", f"User {ME}", f"IdentityFile {server.key}"]
    configure(home, "Host shop", *lines)
    reach("shop", server, user=None)


def test_the_inventory_wins(home: Path, server: Sshd) -> None:
    configure(home, "Host 127.0.0.1", "Port 1", "User nobody", "IdentityFile ~/none", "ProxyJump nowhere")
    reach("127.0.0.1", server, port=server.port, key=server.key, proxy_jump="none")


def test_a_connect_timeout_of_ssh_config_is_kept(home: Path) -> None:
    configure(home, "ConnectTimeout 3")
    assert connection_to("web1").connect_timeout == 3


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("ConnectTimeout 5s", "invalid literal for int() with base 10: '5s'"),
        ("Nonsense", "Unparsable line Nonsense"),
        ("Match user", "Missing parameter to Match 'user' keyword"),
        ("Match all user x", "Match does not allow 'all' mixed with anything but 'canonical'"),
        ('Host "x', 'Unparsable host "x'),
    ],
)
def test_a_broken_ssh_config(home: Path, line: str, reason: str) -> None:
    configure(home, line)
    with pytest.raises(ConnectError) as caught:
        connection_to("web1")
    assert str(caught.value) == f"web1: ~/.ssh/config or /etc/ssh/ssh_config is not understood: {reason}"


def test_an_ssh_config_that_cannot_be_read(home: Path) -> None:
    (home / ".ssh/config").mkdir()
    with pytest.raises(ConnectError) as caught:
        connection_to("web1")
    assert str(caught.value) == f"~/.ssh/config cannot be read: [Errno 21] Is a directory: '{home}/.ssh/config'"


def test_a_value_that_would_break_out(home: Path) -> None:
    with pytest.raises(ConnectError) as caught:
        connection_to("web1", user="me\nProxyCommand x")
    assert str(caught.value) == r"'User me\nProxyCommand x' holds a character that has no place in it"


# Jump hosts


def test_through_a_jump_host_of_the_inventory(server: Sshd, jump: Sshd) -> None:
    """It gets the same key, as nothing else is said about it."""
    (jump.folder / "authorized_keys").write_text(Path(f"{server.key}.pub").read_text())
    way = f"{ME}@127.0.0.1:{jump.port}"
    reach("127.0.0.1", server, jump, port=server.port, key=server.key, proxy_jump=way)
    (jump.folder / "authorized_keys").write_text(Path(f"{jump.key}.pub").read_text())


def test_through_two_jump_hosts_in_their_order(home: Path, server: Sshd, jump: Sshd, outer: Sshd) -> None:
    """Each of them forwards to the next one only; and a pattern may match the jump hosts, too."""
    configure(
        home,
        *("Host outer", "HostName 127.0.0.1", f"Port {outer.port}", f"IdentityFile {outer.key}"),
        *("Host inner", "HostName 127.0.0.1", f"Port {jump.port}", f"IdentityFile {jump.key}"),
        *("Host *", "ProxyJump outer,inner"),
    )
    reach("127.0.0.1", server, jump, outer, port=server.port, key=server.key)
    text = (home / ".ssh/config").read_text()
    configure(home, text.replace("Host *", "Host 127.0.0.1"))  # else Fabric recurses without end
    made = fabric.Connection("127.0.0.1", port=server.port, connect_kwargs={"key_filename": [str(server.key)]})
    ssh.close(ssh.adopt(made, options(server, jump, outer)))


def refusal(*servers: Sshd, **connect: object) -> str:
    with pytest.raises(ConnectError) as caught:
        reach("127.0.0.1", *servers, **connect)  # type: ignore[arg-type]
    return str(caught.value)


def test_the_key_of_a_jump_host_is_verified(server: Sshd, jump: Sshd) -> None:
    before = server.log.count("Connection from ")
    said = refusal(server, port=server.port, key=server.key, proxy_jump=f"127.0.0.1:{jump.port}")
    shown = fingerprint(jump.host_keys["ed25519"])
    assert said.startswith(f"jump host 127.0.0.1 ({ME}@127.0.0.1:{jump.port}): unknown host key ssh-ed25519 {shown}\n")
    assert server.log.count("Connection from ") == before


def test_the_key_of_the_host_behind_is_verified(home: Path, server: Sshd, jump: Sshd) -> None:
    configure(home, "Host jump", "HostName 127.0.0.1", f"Port {jump.port}", f"IdentityFile {jump.key}")
    said = refusal(jump, port=server.port, key=server.key, proxy_jump="jump")
    assert said.startswith(f"web1 ({ME}@127.0.0.1:{server.port}): unknown host key ")


def test_a_jump_host_that_forbids_it_or_cannot_reach_it(home: Path, jump: Sshd, tmp_path: Path) -> None:
    configure(home, "Host jump", "HostName 127.0.0.1", f"Port {jump.port}", f"IdentityFile {jump.key}")
    port = free_port()
    assert refusal(jump, port=port, proxy_jump="jump") == (
        f"web1 ({ME}@127.0.0.1:{port}): the jump host jump forbids forwarding\n"
        "  Allow it in its sshd_config (AllowTcpForwarding, PermitOpen)."
    )
    with Sshd(tmp_path / "open") as free:
        configure(home, "Host jump", "HostName 127.0.0.1", f"Port {free.port}", f"IdentityFile {free.key}")
        assert refusal(free, port=port, proxy_jump="jump") == (
            f"web1 ({ME}@127.0.0.1:{port}): the jump host jump cannot reach it: Connect failed\n"
            "  Does the name resolve there, and does sshd run on that port?"
        )


def test_a_jump_host_that_is_not_there() -> None:
    port = free_port()
    said = refusal(port=22, proxy_jump=f"127.0.0.1:{port}")
    assert said.startswith(f"jump host 127.0.0.1 ({ME}@127.0.0.1:{port}): connection refused\n")


@pytest.mark.parametrize(
    ("hop", "way"),
    [
        ("me@gate", "me@gate:22"),
        ("gate:2222", f"{ME}@gate:2222"),
        ("[2001:db8::1]:2222", f"{ME}@2001:db8::1:2222"),
        ("2001:db8::1", f"{ME}@2001:db8::1:22"),
        ("ssh://me@gate:2222", "me@gate:2222"),
    ],
)
def test_the_ways_to_write_a_jump_host(hop: str, way: str) -> None:
    gateway = connection_to("web1", proxy_jump=hop).gateway
    assert f"{gateway.user}@{gateway.host}:{gateway.port}" == way


def test_a_jump_host_with_a_wrong_port() -> None:
    with pytest.raises(ConnectError) as caught:
        connection_to("web1", proxy_jump="gate:ssh")
    assert str(caught.value) == "the port of the jump host 'gate:ssh' is no number: 'ssh'\n  Write USER@HOST:PORT."


# ProxyCommand

PIPE = """
import os, socket, sys, threading
wire = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def pump():
    while content := wire.recv(65536):
        os.write(1, content)
    os._exit(0)
threading.Thread(target=pump, daemon=True).start()
while content := os.read(0, 65536):
    wire.sendall(content)
"""


def test_through_a_proxy_command_with_the_inventorys_port(home: Path, server: Sshd, tmp_path: Path) -> None:
    script = tmp_path / "pipe.py"
    script.write_text(PIPE)
    configure(home, f"ProxyCommand {sys.executable} {script} %h %p")
    reach("127.0.0.1", server, port=server.port, key=server.key)


def test_a_proxy_command_that_fails(home: Path) -> None:
    configure(home, "ProxyCommand sh -c 'echo no way to %h >&2; exit 3'")
    assert refusal(port=22) == (
        f"web1 ({ME}@127.0.0.1:22): the ProxyCommand ended, exit status 3: no way to 127.0.0.1\n"
        "  It was: sh -c 'echo no way to 127.0.0.1 >&2; exit 3'"
    )
