"""One HTTP request over a Unix socket, as nginx would send it."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

from windlass.agent.release.patient import LOOK, Patient

if TYPE_CHECKING:
    from typing import BinaryIO

# The start of an answer's body that is kept (bytes): more than is shown, so that a secret in it is found whole.
BODY = 64 * 1024
# All that is taken of an answer (bytes).
BUDGET = 4 * BODY
# Where an app's settings name no page: the page that many have for this, and else the first.
USUAL, FIRST = "/healthz", "/"
# Of an address that it is sent on to, so much is shown (characters).
LONGEST = 200
REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class Answer:
    """What came back for `path`: an HTTP status, the start of the body, and where it leads (`location`, "" = nowhere).

    `tolerant`: the settings name no page, so that all but an error of the server is good.
    """

    status: int
    body: str
    path: str = ""
    location: str = ""
    tolerant: bool = False

    @property
    def good(self) -> bool:
        """Whether it is one of the 2xx, or if `tolerant` below 500."""
        return 200 <= self.status < (500 if self.tolerant else 300)

    def __str__(self) -> str:
        return f"HTTP {self.status}" + (f": {self.body}" if self.body else "")


@dataclass(frozen=True)
class Question:
    """A GET request for `path` to the server name `host`, said to have come over HTTPS.

    A `path` of "" is /healthz, and / where that is no page. `tolerant` as an Answer has it.
    """

    host: str
    path: str
    tolerant: bool = False

    def ask(self, address: str, timeout: float, look: Callable[[], None] = lambda: None) -> Answer:
        """The answer of the app behind the socket `address`; `timeout` in seconds for all of it.

        `look` is called now and then while nothing comes, and may raise. Raises OSError when nobody listens, answers
        in time, or the connection breaks.
        """
        if self.path:
            return self._ask(address, timeout, look)
        deadline = time.monotonic() + timeout
        usual = Question(self.host, USUAL)._ask(address, timeout, look)
        if usual.good or usual.status >= 500:
            return usual
        return Question(self.host, FIRST, tolerant=True)._ask(address, deadline - time.monotonic(), look)

    def accepts(self, status: int) -> bool:
        """Whether an answer with this status is good."""
        return Answer(status, "", tolerant=self.tolerant).good

    def settled(self, answer: Answer) -> Question:
        """The same question, for the page that has answered well."""
        return Question(self.host, answer.path, answer.tolerant)

    @property
    def name(self) -> str:
        """The request, for messages."""
        return f"GET {self.path or USUAL}"

    def _ask(self, address: str, timeout: float, look: Callable[[], None]) -> Answer:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(max(timeout, LOOK))
            connection.connect(address)
            patient = Patient(connection, timeout, BUDGET, look)
            patient.sendall(self._request())
            status, body, location = _answer(patient.makefile())
            return Answer(status, body, self.path, location, self.tolerant)

    def _request(self) -> bytes:
        lines = (
            # 1.0, so that the body comes as it is: http.client, which could undo 1.1's, takes 27 ms to import.
            f"GET {self.path} HTTP/1.0",
            f"Host: {self.host}",
            "X-Forwarded-Proto: https",
            f"X-Forwarded-Host: {self.host}",
            "X-Forwarded-For: 127.0.0.1",
            "User-Agent: windlass",
        )
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


def hint(question: Question, answer: Answer) -> str | None:
    """What to do about an answer that is not good, where its status tells."""
    setting = "`health_path` names the page that is asked for"
    other = "name one that answers with 200, or leave `health_path` out"
    if answer.status in REDIRECTS:
        return (
            f"{setting}, and the app sends that on to {answer.location or 'another'}: {other}. It was asked as over"
            " HTTPS (X-Forwarded-Proto): what sends visitors on to HTTPS all the same must heed that."
        )
    return {
        400: f"It was asked for as {question.host}: the app's TRUSTED_HOSTS, ALLOWED_HOSTS and the like need it.",
        401: f"{setting}, and the app wants a login there: {other}.",
        403: f"{setting}, and the app shows it to some only: {other}.",
        404: f"{setting}, and the app has no such page (for {question.host}, if it heeds SERVER_NAME): {other}.",
        405: f"{setting}, and the app has no GET there: {other}.",
    }.get(answer.status)


def _answer(stream: BinaryIO) -> tuple[int, str, str]:
    """Status, body and Location of the answer that comes in (RFC 9112); raises OSError when it is none."""
    words = stream.readline(BODY).split(None, 2)
    fields = {}
    line = b"more"
    while line.strip():
        line = stream.readline(BODY)
        name, _, value = line.partition(b":")
        fields[name.strip().lower()] = value.strip()
    if line == b"" or len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        raise OSError("the connection was closed without an answer")
    length = fields.get(b"content-length", b"")
    body = stream.read(min(BODY, int(length)) if length.isdigit() else BODY).decode("utf-8", "replace")
    location = fields.get(b"location", b"").decode("utf-8", "replace")
    return int(words[1][:9]), " ".join(body.split()), location[:LONGEST]
