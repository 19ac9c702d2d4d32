"""Why no connection comes about: each reason as a user reads it, made by a real socket or sshd where it can be."""

from __future__ import annotations

import socket
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.ssh.sshd import ME, Sshd, free_port, host, listening, options
from windlass.errors import ConnectError
from windlass.ssh import connection as ssh
from windlass.ssh.handshake import explain_network
from windlass.ssh.options import ConnectOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def failure(port: int, more: ConnectOptions | None = None, timeout: float = 60, **connect: object) -> str:
    """What is said when it fails, from the colon behind the host on."""
    with pytest.raises(ConnectError) as caught:
        ssh.connect(host(port, **connect), more or ConnectOptions(attempts=1, connect_timeout=timeout))  # type: ignore[arg-type]
    message = str(caught.value)
    where = f"web1 ({ME}@{connect.get('address', '127.0.0.1')}:{port})"
    assert message.startswith(where)
    return message.removeprefix(where)


def test_refused() -> None:
    advice = "Does sshd run there, and on this port (`ansible_port`)?"
    assert failure(free_port()) == f": connection refused\n  {advice}"


def test_the_name_does_not_resolve() -> None:
    said = ": the name does not resolve\n  Check its spelling, `ansible_host`, and DNS or /etc/hosts."
    assert failure(22, address="no..such.host") == said
    where = f"web1 ({ME}@127.0.0.1:22)"
    assert str(explain_network(socket.gaierror(socket.EAI_NONAME, ""), where, 1)) == f"{where}{said}"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (socket.gaierror(socket.EAI_AGAIN, ""), ": the name server does not answer\n  Is this machine online?"),
        (ConnectionResetError(), ": connection reset\n  Something at or before the host cuts connections."),
        (
            OSError(113, "No route to host"),
            ": no route to host\n  Is the host up, and the address right (`ansible_host`)?",
        ),
        (PermissionError(13, "Permission denied"), ": Permission denied"),
    ],
)
def test_network_errors_that_cannot_be_made_here(error: OSError, said: str) -> None:
    assert str(explain_network(error, "web1", 1)) == f"web1{said}"


def test_network_unreachable() -> None:
    assert failure(22, address="255.255.255.255") == (
        ": network unreachable\n  This machine has no route there: a VPN, or IPv6 where there is none?"
    )


def test_no_answer() -> None:
    """Linux drops a SYN when nobody accepts and the backlog is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as clients:
        address = full.getsockname()
        for _ in range(3):
            client = clients.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(address)
        assert failure(address[1], timeout=0.5) == (
            ": no answer within 0.5 s\n"
            "  Is the host up, the address right (`ansible_host`), and the port open in its firewall?"
        )


def silence(wire: socket.socket) -> None:
    while wire.recv(4096):
        pass


def shake_and_fall_silent(wire: socket.socket) -> None:
    wire.sendall(b"SSH-2.0-silent\r\n")
    silence(wire)


@pytest.mark.parametrize("answer", [silence, shake_and_fall_silent])
def test_a_port_that_never_answers(answer: Callable[[socket.socket], None]) -> None:
    with listening(answer) as port:
        assert failure(port, timeout=0.5) == (
            ": no SSH handshake within 0.5 s\n  The port is open but nothing answers: is the host overloaded, or is"
            " something else in between?"
        )


@pytest.mark.parametrize("first", [b"", b"SSH-2.0-closing\r\n"])
def test_the_server_closes_early(first: bytes) -> None:
    with listening(lambda wire: wire.sendall(first)) as port:
        assert failure(port) == (
            ": the connection was closed during the SSH handshake\n"
            "  sshd does so when it has too many connections (MaxStartups) or penalises this address; or is it"
            " fail2ban?"
        )


def test_something_that_is_not_ssh() -> None:
    with listening(lambda wire: wire.sendall(b"HTTP/1.1 400 \x1b[31mBad Request\r\n\r\n")) as port:
        assert failure(port) == (
            ": what answers there is not SSH; it says 'HTTP/1.1 400 [31mBad Request'\n"
            "  Is it the right port (`ansible_port`)?"
        )


def test_sshd_turns_us_away_and_is_asked_again() -> None:
    said: list[str] = []
    line = b"Exceeded MaxStartups\r\n"
    with listening(lambda wire: wire.sendall(line)) as port, pytest.raises(ConnectError) as caught:
        ssh.connect(host(port), ConnectOptions(attempts=2), said.append)
    where = f"web1 ({ME}@127.0.0.1:{port}): sshd turns us away: Exceeded MaxStartups"
    assert said == [f"{where}; next try in 1 s (2 of 2)"]
    assert str(caught.value) == (
        f"{where}\n  sshd does so when it has too many connections (MaxStartups) or penalises this address; or is it"
        " fail2ban?"
    )


def test_no_common_algorithm(tmp_path: Path) -> None:
    with Sshd(tmp_path / "sshd", "KexAlgorithms sntrup761x25519-sha512@openssh.com") as server:
        said = failure(server.port, options(server), key=server.key)
        assert said == (
            ": the host's SSH and ours have no algorithm in common: Incompatible ssh peer (no acceptable kex algorithm)"
        )


@pytest.mark.parametrize("name", ["curve25519-sha256", "curve25519-sha256@libssh.org"])
def test_a_host_that_has_one_name_of_the_curve_alone(tmp_path: Path, name: str) -> None:
    with Sshd(tmp_path / "sshd", f"KexAlgorithms {name}") as server:
        ssh.close(ssh.connect(host(server.port, key=server.key), options(server)))
        assert f"kex: algorithm: {name} " in server.log


def test_a_peer_that_breaks_the_protocol() -> None:
    def answer(wire: socket.socket) -> None:
        # A packet of the type 99, where an exchange of keys begins with 20.
        wire.sendall(b"SSH-2.0-odd\r\n" + (12).to_bytes(4, "big") + bytes([10, 99]) + bytes(10))
        silence(wire)

    with listening(answer) as port:
        assert failure(port) == ": the SSH handshake failed: Expecting packet from (20,), got 99"


def test_a_host_that_runs_no_commands(tmp_path: Path) -> None:
    with Sshd(tmp_path / "sshd", "MaxSessions 0") as server:
        connection = ssh.connect(host(server.port, key=server.key), options(server))
        with pytest.raises(ConnectError) as caught:
            ssh.open_exec(connection, "true")
        assert str(caught.value) == (
            f"127.0.0.1 ({ME}@127.0.0.1:{server.port}): the host refuses to run a command: Connect failed\n"
            "  Does its sshd_config say so (MaxSessions)?"
        )
        ssh.close(connection)


def test_a_failure_does_not_hold_up_the_end_of_the_process() -> None:
    script = (
        "import sys; from tests.ssh.sshd import host; from windlass.ssh import connection as ssh\n"
        "from windlass.ssh.options import ConnectOptions\n"
        "try: ssh.connect(host(int(sys.argv[1])), ConnectOptions(attempts=1, connect_timeout=600))\n"
        "except ssh.ConnectError as error: print('failed')"
    )
    with listening(lambda wire: wire.sendall(b"SSH-2.0-closing\r\n")) as port:
        argv = [sys.executable, "-c", script, str(port)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.stderr) == ("failed\n", "")
