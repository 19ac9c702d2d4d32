"""Visitors of our own: what a release's health page is like through nginx, while the traffic changes hands."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

from windlass.agent.nginx.visits import over_tls
from windlass.agent.release.health import BODY, BUDGET
from windlass.agent.release.patient import LOOK, Patient

if TYPE_CHECKING:
    from windlass.agent.release.health import Question

# So many at once, each on a connection of its own that it keeps; so long at least between two of its requests, in
# seconds, and longer where a switch is watched for so long that there would be more requests than this in all.
COUNT, PAUSE, MOST = 2, 0.008, 2000
# A request that takes longer, all in all, has failed (seconds).
PATIENCE = 10
# What fewer of them met says nothing of a switch.
FEWEST = 5
ADDRESS = "127.0.0.1"
PORTS = {False: 80, True: 443}  # without and with TLS


class Visitors:
    """Visitors who ask for `question` through this host's nginx, by the app's own name, until they are sent away.

    They speak TLS if `tls`, and stay for about `watch` seconds. What they meet is told, not judged: whose certificate
    it is does not matter here.
    """

    def __init__(self, question: Question, *, tls: bool, watch: float) -> None:
        self._question = question
        self._pause = max(PAUSE, COUNT * watch / MOST)
        self._tls = tls
        self._away = threading.Event()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._served: list[tuple[float, float]] = []  # when an answer was there, and how long it took
        self._failures: list[str] = []
        self._begun = self._ended = 0.0
        self.hindrance = ""

    def come(self) -> None:
        """Begins, unless nginx does not lead to a healthy app even now: `hindrance` says so then."""
        first = self._connection()
        try:
            self._visit(first)
        except (OSError, http.client.HTTPException) as trouble:
            self.hindrance = f"before it, nginx did not serve GET {self._question.path}: {_words(trouble)}"
            return
        finally:
            first.close()
        self._begun = time.monotonic()
        self._threads = [threading.Thread(target=self._stay, daemon=True) for _ in range(COUNT)]
        for thread in self._threads:
            thread.start()

    def leave(self, patience: float = PATIENCE + LOOK) -> None:
        """Ends, when those who still wait for an answer have it, or after `patience` seconds."""
        self._away.set()
        for thread in self._threads:
            thread.join(patience)
        count = len(self._served) + len(self._failures)
        if self._begun and count < FEWEST:
            self.hindrance = f"only {count} answers came meanwhile"

    @property
    def failures(self) -> list[str]:
        """What went wrong so far, a few words each."""
        return list(self._failures)

    def met(self) -> dict[str, Any]:
        """How many `requests` and `failed`; `p95` and `longest_gap` between two answers in seconds.

        `p95` None = there was no good answer; {} = no visitor came.
        """
        if not self._begun:
            return {}
        served = sorted(self._served)
        moments = [self._begun, *(moment for moment, _ in served), self._ended or time.monotonic()]
        times = sorted(seconds for _, seconds in served)
        return {
            "requests": len(served) + len(self._failures),
            "failed": len(self._failures),
            "p95": round(times[int(len(times) * 0.95)], 4) if times else None,
            "longest_gap": round(max(after - before for before, after in zip(moments, moments[1:])), 4),
        }

    def _stay(self) -> None:
        connection = self._connection()
        while not self._away.wait(self._pause) and len(self._served) + len(self._failures) < MOST:
            start = time.monotonic()
            try:
                self._visit(connection)
            except (OSError, http.client.HTTPException) as trouble:
                connection.close()
                with self._lock:
                    self._failures.append(_words(trouble))
            else:
                end = time.monotonic()
                with self._lock:
                    self._served.append((end, end - start))
        connection.close()
        self._ended = time.monotonic()

    def _visit(self, connection: _ToThisHost) -> None:
        if connection.sock:
            connection.sock.begin()
        connection.request("GET", self._question.path, headers={"User-Agent": "windlass"})
        answer = connection.getresponse()
        answer.read(BODY)
        if not answer.isclosed():  # there is more of it than anybody needs to see
            connection.close()
        if not self._question.accepts(answer.status):
            raise http.client.HTTPException(f"HTTP {answer.status}")

    def _connection(self) -> _ToThisHost:
        return _ToThisHost(self._question.host, tls=self._tls)


class _ToThisHost(http.client.HTTPConnection):
    """A connection to this host's nginx that goes by another name."""

    sock: Any  # a Patient; None = not connected

    def __init__(self, name: str, *, tls: bool) -> None:
        super().__init__(name, PORTS[tls], timeout=PATIENCE)
        self.default_port = self.port  # which a Host header leaves out
        self._tls = tls

    def connect(self) -> None:
        connection = socket.create_connection((ADDRESS, self.port), PATIENCE)
        if self._tls:
            connection = over_tls(connection, self.host)
        self.sock = Patient(connection, PATIENCE, BUDGET)


def _words(trouble: Exception) -> str:
    return str(trouble) or type(trouble).__name__
