"""~/.ssh/config, jump hosts and ProxyCommand, each with real sshds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import fabric
import pytest

from tests.ssh.sshd import ME, Sshd, fingerprint, free_port, host, options
from windlass.errors import ConnectError
from windlass.ssh import connection as ssh
from windlass.ssh import user_config
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
        ("Port ssh", "invalid literal for int() with base 10: 'ssh'"),
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
    with pytest.raises(ConnectError, match=r"^~/.ssh/config cannot be read: .*Is a directory"):
        connection_to("web1")


def test_a_value_that_would_break_out(home: Path) -> None:
    with pytest.raises(ConnectError, match=r"^'User me\\nProxyCommand x' holds a character that has no place in it$"):
        connection_to("web1", user="me\nProxyCommand x")


# Match, as far as paramiko has it


@pytest.mark.parametrize(
    ("criteria", "met"),
    [
        ("all", True),
        ("host 127.*", True),
        ("Host *.1,!127.*", False),
        ("originalhost shop", True),
        ("!originalhost shop", False),
        (f"user {ME}", True),
        ("user nobody", False),
        (f"localuser {ME} host 127.0.0.1", True),
        ('exec "test %h = 127.0.0.1"', True),
        ("!exec true", False),
        ("final host 127.0.0.1", True),
        ("CANONICAL", False),
    ],
)
def test_match(home: Path, server: Sshd, criteria: str, met: bool) -> None:
    lines = [f"Port {server.port}", f"IdentityFile {server.key}"]
    configure(home, "Host shop", "HostName 127.0.0.1", f"Match {criteria}", *lines)
    if met:
        reach("shop", server)
    else:
        assert connection_to("shop").port == 22


@pytest.mark.parametrize("criterion", ["tagged x", "localnetwork 10.0.0.0/8", "!Command true"])
def test_a_match_that_paramiko_would_take_for_met_is_refused(home: Path, criterion: str) -> None:
    configure(home, "User me", f"Match originalhost x {criterion}", "User other")
    with pytest.raises(ConnectError) as caught:
        connection_to("web1")
    assert str(caught.value) == (
        f"~/.ssh/config:2: `Match {criterion.split()[0]}` is not understood here\n"
        "  There are: host, originalhost, user, localuser, exec, all, canonical, final."
    )


def test_a_match_exec_that_does_not_end(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_config, "EXEC_TIMEOUT", 0.2)
    configure(home, "Match exec 'sleep 9'", "User other")
    with pytest.raises(ConnectError, match=r"^the Match exec 'sleep 9' of ssh_config does not end within 0.2 s$"):
        connection_to("web1")


# Include


def test_files_are_put_where_they_are_included(home: Path) -> None:
    write(home, "config.d/a", "User from-a", "Host b*", "Port 2001")
    write(home, "config.d/b", "Host web1", "Port 2002", "Include config.d/deep")
    write(home, "config.d/deep", "HostName 192.0.2.1")
    configure(home, "Include config.d/[ab] ~/.ssh/none", "ConnectTimeout 3", "Host *", "User from-config")
    found = connection_to("web1")
    assert (found.user, found.port, found.host, found.connect_timeout) == ("from-a", 2002, "192.0.2.1", 3)
    other = connection_to("other")
    assert (other.user, other.port, other.host, other.connect_timeout) == ("from-a", 22, "other", 3)


def test_the_same_as_ssh_reads_it(home: Path) -> None:
    write(home, "one", "Host web*", "  Port 2001", "Match host *2", "  User two")
    write(home, "settings", "ConnectTimeout 7")
    lines = ["Include one", "Port 2000", "Host web1", "Include settings", "User one", "Host *", "User rest"]
    configure(home, *lines)
    for name in ("web1", "web2", "db2", "other"):
        # ssh looks the home folder up in the list of users, and takes relative paths from there.
        (home / "flat").write_text((home / ".ssh/config").read_text().replace("Include ", f"Include {home}/.ssh/"))
        command = ["ssh", "-G", "-F", str(home / "flat"), name]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        theirs = dict(line.split(" ", 1) for line in said.splitlines() if " " in line)
        found = connection_to(name)
        assert (found.user, str(found.port)) == (theirs["user"], theirs["port"]), name
        assert str(found.connect_timeout or "none") == theirs["connecttimeout"], name


def test_blocks_included_inside_a_block_are_refused(home: Path) -> None:
    write(home, "one", "Host web1", "Port 2001")
    configure(home, "Host web*", "  Include one")
    with pytest.raises(ConnectError) as caught:
        connection_to("web1")
    assert str(caught.value) == (
        "~/.ssh/config:2: an Include inside `Host web*` of a file with Host or Match of its own is not understood\n"
        "  Put the Include above the first Host."
    )


def test_a_file_that_includes_itself(home: Path) -> None:
    configure(home, "Include config")
    with pytest.raises(ConnectError, match=r"/.ssh/config is included by itself, or more than 16 files deep$"):
        connection_to("web1")


@pytest.mark.parametrize("word", ["Include", "Match host"])
def test_a_quote_that_does_not_end(home: Path, word: str) -> None:
    configure(home, f'{word} "x')
    with pytest.raises(ConnectError, match=r"^~/.ssh/config:1: '.*\"x' is not understood: No closing quotation$"):
        connection_to("web1")


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
    with pytest.raises(ConnectError, match=r"^the jump host 'gate:ssh' has no port number$"):
        connection_to("web1", proxy_jump="gate:ssh")


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
