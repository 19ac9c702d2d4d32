"""The health question, put to real servers on real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from windlass.agent.release.health import BODY, Question

QUESTION = Question("app.example.org", "/healthz?x=1")


@contextmanager
def answering(path: Path, behave: Callable[[socket.socket], object]) -> Iterator[str]:
    """A server that takes one connection."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                behave(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield str(path)
        thread.join(60)


def saying(answer: bytes) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(answer)

    return behave


def test_it_asks_as_nginx_would(tmp_path: Path) -> None:
    heard: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        heard.append(connection.recv(4096))
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with answering(tmp_path / "s", behave) as address:
        answer = QUESTION.ask(address, 5)
    assert answer.good
    assert str(answer) == "HTTP 204"
    head = heard[0].decode()
    assert head.startswith("GET /healthz?x=1 HTTP/1.0\r\nHost: app.example.org\r\nX-Forwarded-Proto: https\r\n")


@pytest.mark.parametrize(("status", "good"), [(200, True), (299, True), (301, False), (404, False), (503, False)])
def test_only_2xx_is_good(tmp_path: Path, status: int, good: bool) -> None:
    with answering(tmp_path / "s", saying(b"HTTP/1.1 %d X\r\nContent-Length: 4\r\n\r\nno\n\n" % status)) as address:
        answer = QUESTION.ask(address, 5)
    assert (answer.good, str(answer)) == (good, f"HTTP {status}: no")


def test_only_the_start_of_a_body_is_kept(tmp_path: Path) -> None:
    body = b"x" * 100_000
    with answering(tmp_path / "s", saying(b"HTTP/1.1 500 X\r\nContent-Length: 100000\r\n\r\n" + body)) as address:
        assert len(QUESTION.ask(address, 5).body) == BODY


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 2"])
def test_what_is_no_answer(tmp_path: Path, answer: bytes) -> None:
    with (
        answering(tmp_path / "s", saying(answer)) as address,
        pytest.raises(OSError, match=r"^the connection was closed without an answer$"),
    ):
        QUESTION.ask(address, 5)


def test_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        QUESTION.ask(str(tmp_path / "s"), 5)


def test_it_waits_no_longer_than_told(tmp_path: Path) -> None:
    given_up = threading.Event()
    with answering(tmp_path / "s", lambda connection: given_up.wait(60)) as address:
        with pytest.raises(OSError, match=r"^no answer within 0\.3 s$"):
            QUESTION.ask(address, 0.3001)
        given_up.set()


def test_it_looks_whether_anybody_is_left(tmp_path: Path) -> None:
    class Dead(Exception):
        pass

    def look() -> None:
        raise Dead

    given_up = threading.Event()
    with answering(tmp_path / "s", lambda connection: given_up.wait(60)) as address:
        with pytest.raises(Dead):
            QUESTION.ask(address, 60, look)
        given_up.set()
