"""Visitors of our own, who ask a real server of this machine."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from windlass.agent.release import visitors
from windlass.agent.release.health import Question
from windlass.agent.release.visitors import Visitors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def serving(monkeypatch: pytest.MonkeyPatch, answer: Callable[[int], Iterator[bytes]]) -> Iterator[None]:
    """A server on the loopback; `answer` gives the pieces of the answer to the request of that number."""
    numbers = itertools.count()

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                while connection.recv(4096):
                    for piece in answer(next(numbers)):
                        connection.sendall(piece)
            except OSError:
                pass

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=[connection], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setattr(visitors, "PORTS", {False: listener.getsockname()[1]})
        threading.Thread(target=accept, daemon=True).start()
        yield
        listener.shutdown(socket.SHUT_RDWR)


def sent(path: str = "/healthz", *, tolerant: bool = False) -> Visitors:
    return Visitors(Question("app.example.org", path, tolerant), tls=False, watch=1)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def drip() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"X"
        time.sleep(0.01)


def test_they_tell_what_they_met(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(monkeypatch, lambda number: iter([GOOD])):
        group = sent()
        group.come()
        until(lambda: group.met()["requests"] >= 10)
        group.leave()
        assert (group.met()["failed"], group.hindrance) == (0, "")


def test_a_page_that_is_not_there_is_no_failure_where_none_was_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(monkeypatch, lambda number: iter([GOOD.replace(b"200 OK", b"404 X")])):
        group = sent("/", tolerant=True)
        group.come()
        until(lambda: group.met()["requests"] >= 10)
        group.leave()
        assert group.met()["failed"] == 0
        named = sent("/")
        named.come()
        assert named.hindrance == "before it, nginx did not serve GET /: HTTP 404"


def test_an_answer_that_drips_before_the_switch_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "PATIENCE", 0.3)
    with serving(monkeypatch, lambda number: drip()):
        group = sent()
        group.come()
    assert group.hindrance == "before it, nginx did not serve GET /healthz: no answer within 0.3 s"
    assert group.met() == {}


def test_an_answer_that_drips_during_the_switch_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "PATIENCE", 0.3)
    with serving(monkeypatch, lambda number: iter([GOOD]) if number < 1 else drip()):
        group = sent()
        group.come()
        until(lambda: bool(group.failures))
        group.leave()
    assert set(group.failures) == {"no answer within 0.3 s"}
    assert group.met()["p95"] is None


def test_a_page_without_end_is_read_to_some_point(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = itertools.chain([b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"], itertools.repeat(b"x" * 60_000))
    with serving(monkeypatch, lambda number: iter([GOOD]) if number else endless):
        group = sent()
        group.come()
        until(lambda: group.met()["requests"] >= 10)
        group.leave()
    assert group.failures == []


def test_too_few_answers_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(number: int) -> Iterator[bytes]:
        if number >= 3:
            away.wait(60)
        yield GOOD

    away = threading.Event()
    with serving(monkeypatch, answer):
        group = sent()
        group.come()
        until(lambda: group.met()["requests"] >= 2)
        threading.Timer(0.1, away.set).start()
        group.leave()
    assert group.hindrance.startswith("only ")
    assert group.hindrance.endswith(" answers came meanwhile")
