"""The health question, put to real servers on real sockets."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from windlass.agent.release.health import BODY, Answer, Question, hint

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


class Pages:
    """A server with these pages, by path: statuses, or with a Location; it notes what it is asked for."""

    def __init__(self, **pages: int | str) -> None:
        self.pages = {f"/{path.removeprefix('_')}": answer for path, answer in pages.items()}
        self.asked: list[str] = []

    @contextmanager
    def at(self, path: Path) -> Iterator[str]:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            threading.Thread(target=self._serve, args=[listener], daemon=True).start()
            yield str(path)
            listener.shutdown(socket.SHUT_RDWR)

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                page = connection.recv(4096).split()[1].decode()
                self.asked.append(page)
                answer = self.pages.get(page, 404)
                status, location = (302, answer) if isinstance(answer, str) else (answer, "")
                connection.sendall(f"HTTP/1.0 {status} X\r\nLocation: {location}\r\n\r\nbody".encode())


@pytest.mark.parametrize(
    ("pages", "path", "status", "good"),
    [
        ({"healthz": 200, "_": 200}, "/healthz", 200, True),
        ({"healthz": 500, "_": 200}, "/healthz", 500, False),
        ({"healthz": 503}, "/healthz", 503, False),
        ({"_": 200}, "/", 200, True),
        ({"_": "/login"}, "/", 302, True),
        ({"healthz": 401, "_": 401}, "/", 401, True),
        ({}, "/", 404, True),
        ({"_": 500}, "/", 500, False),
    ],
)
def test_where_no_page_is_named_the_usual_one_counts_and_else_the_first(
    tmp_path: Path, pages: dict[str, int | str], path: str, status: int, good: bool
) -> None:
    question = Question("app.example.org", "")
    server = Pages(**pages)
    with server.at(tmp_path / "s") as address:
        answer = question.ask(address, 60)
        assert (answer.path, answer.status, answer.good) == (path, status, good)
        asked = len(server.asked)
        again = question.settled(answer).ask(address, 60)
        assert (again, len(server.asked)) == (answer, asked + 1)
    assert question.name == "GET /healthz"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "It was asked for as app.example.org: the app's TRUSTED_HOSTS, ALLOWED_HOSTS and the like need it."),
        (401, ("`health_path` names the page that is asked for, and the app wants a login there: name one that answers"
              " with 200, or leave `health_path` out.")),
        (403, "the app shows it to some only"),
        (404, "the app has no such page (for app.example.org, if it heeds SERVER_NAME)"),
        (405, "the app has no GET there"),
        ("https://x.test/", ("the app sends that on to https://x.test/: name one that answers with 200, or leave"
         " `health_path` out. It was asked as over HTTPS (X-Forwarded-Proto): what sends visitors on to HTTPS all the"
         " same must heed that.")),
    ],
)  # fmt: skip
def test_a_named_page_that_is_no_health_page(tmp_path: Path, status: int | str, words: str) -> None:
    question = Question("app.example.org", "/x")
    with Pages(x=status).at(tmp_path / "s") as address:
        answer = question.ask(address, 60)
    assert not answer.good
    assert words in str(hint(question, answer))


def test_an_error_of_the_server_explains_itself() -> None:
    assert hint(QUESTION, Answer(500, "")) is None


def dripping(*pieces: bytes) -> Callable[[socket.socket], None]:
    """Sends each of the pieces, and the last one for ever, a bit at a time."""

    def behave(connection: socket.socket) -> None:
        connection.recv(4096)
        for piece in itertools.chain(pieces, itertools.repeat(pieces[-1])):
            try:
                connection.sendall(piece)
            except OSError:
                return
            time.sleep(0.01)

    return behave


@pytest.mark.parametrize("pieces", [(b"H",), (b"HTTP/1.0 200 OK\r\n", b"x"), (b"HTTP/1.0 200 OK\r\n\r\n", b"x")])
def test_an_answer_that_drips_has_no_more_time_than_another(tmp_path: Path, pieces: tuple[bytes, ...]) -> None:
    with (
        answering(tmp_path / "s", dripping(*pieces)) as address,
        pytest.raises(OSError, match=r"^no answer within 0\.5 s$"),
    ):
        QUESTION.ask(address, 0.5)


def test_an_answer_without_end_is_not_kept(tmp_path: Path) -> None:
    with (
        answering(tmp_path / "s", dripping(b"HTTP/1.0 200 OK\r\n", b"X: " + b"x" * 60_000 + b"\r\n")) as address,
        pytest.raises(OSError, match=r"^the answer is longer than 256 KiB$"),
    ):
        QUESTION.ask(address, 60)
    with answering(tmp_path / "t", dripping(b"HTTP/1.0 200 OK\r\n\r\n", b"x" * 60_000)) as address:
        assert QUESTION.ask(address, 60).good


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
