"""What visitors get who come to the host's own addresses, asked as they ask."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
from typing import TYPE_CHECKING, NamedTuple

from windlass.agent.facts import gather
from windlass.agent.nginx.servers import ANY, ANY6, NAMELESS, Listen, Server, choose

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Iterator

# So many at once, of all so many, and how long one may take (seconds).
AT_ONCE, MOST, PATIENCE = 16, 500, 5
# Of an answer so much is taken in, so that nobody notes that his visitor went away (bytes).
TAKEN = 256 * 1024
OPEN = "open"


class Question(NamedTuple):
    """A visit at an address (or `unix:/...`) and port; `name` empty = of somebody who knows the address alone.

    `http` False = of what takes connections, whatever is said then.
    """

    address: str
    port: int
    tls: bool
    proxied: bool
    http: bool
    name: str
    path: str = "/"

    def __str__(self) -> str:
        if not self.http:
            return f"port {self.port} at {self.address}"
        usual = self.port == (443 if self.tls else 80) or self.address.startswith("unix:")
        port = "" if usual else f":{self.port}"
        return f"{'https' if self.tls else 'http'}://{self.name or self.address}{port}{self.path} at {self.address}"


def own_addresses() -> list[str]:
    """The host's own, or loopback's where it has none."""
    return gather()["addresses"] or ["127.0.0.1"]


def questions(found: list[Server]) -> dict[Question, Server]:
    """For each name of each block one question at an address where this very block answers to it."""
    asked: dict[Question, Server] = {}
    addresses = own_addresses()
    for server in found:
        for listen in server.listens:
            for name in server.names:
                if len(asked) < MOST and not name.startswith("~"):
                    question = _question(found, server, listen, _concrete(name), addresses)
                    if question:
                        asked.setdefault(question, server)
    return asked


def answers(asked: Iterable[Question]) -> dict[Question, str]:
    """What each is answered: an HTTP status, OPEN, or in words why there is none."""
    waiting: queue.SimpleQueue[Question] = queue.SimpleQueue()
    count = 0
    for question in asked:
        waiting.put(question)
        count += 1
    found: dict[Question, str] = {}

    def work() -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                question = waiting.get_nowait()
                found[question] = answer(question)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(count, AT_ONCE))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def answer(question: Question) -> str:
    """An HTTP status, OPEN, or in words why there is none."""
    try:
        with connected(question) as connection:
            return exchange(connection, question) if question.http else OPEN
    except OSError as error:
        return error.strerror or str(error) or type(error).__name__


def exchange(connection: socket.socket, question: Question, then: Callable[[], None] = lambda: None) -> str:
    """The HTTP status that a question is answered with, or that it is not; `then` is called while it is open.

    Raises OSError.
    """
    connection.sendall(_request(question))
    with connection.makefile("rb") as stream:
        words = stream.readline(1024).split(None, 2)
        then()
        with contextlib.suppress(OSError):  # the status is known by now
            stream.read(TAKEN)
    return words[1].decode("ascii", "replace") if len(words) > 1 and words[0].startswith(b"HTTP/") else "no answer"


@contextlib.contextmanager
def connected(question: Question) -> Iterator[socket.socket]:
    """A connection as the question wants it, over TLS whoever's the certificate is."""
    with _plain(question) as plain:
        if question.proxied:
            plain.sendall(b"PROXY TCP4 192.0.2.1 192.0.2.1 50000 80\r\n")
        if not question.tls:
            yield plain
            return
        with over_tls(plain, question.name) as connection:
            yield connection


def over_tls(connection: socket.socket, name: str) -> ssl.SSLSocket:
    """The same connection over TLS, whoever's the certificate is; `name` empty = none is said. Raises OSError."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(connection, server_hostname=name or None)


def _plain(question: Question) -> socket.socket:
    if not question.address.startswith("unix:"):
        return socket.create_connection((question.address, question.port), PATIENCE)
    plain = socket.socket(socket.AF_UNIX)
    plain.settimeout(PATIENCE)
    try:
        plain.connect(question.address[len("unix:") :])
    except OSError:
        plain.close()
        raise
    return plain


def _request(question: Question) -> bytes:
    address = "localhost" if question.address.startswith("unix:") else question.address
    host = question.name or (f"[{address}]" if ":" in address else address)
    lines = (f"GET {question.path} HTTP/1.1", f"Host: {host}", "User-Agent: windlass", "Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _question(found: list[Server], server: Server, listen: Listen, name: str, addresses: list[str]) -> Question | None:
    """At the first address where the block is the one that answers; None = it answers nowhere."""
    for address in _reached(listen, addresses):
        if server.stream or address.startswith("unix:") or choose(found, address, listen.port, name) is server:
            return Question(
                address, listen.port, listen.tls, listen.proxied, not server.stream, "" if server.stream else name
            )
    return None


def _reached(listen: Listen, addresses: list[str]) -> list[str]:
    """By which addresses one comes to it."""
    if listen.address == ANY:
        return [*(each for each in addresses if ":" not in each), "127.0.0.1"]
    if listen.address == ANY6:
        return [*(each for each in addresses if ":" in each or listen.both), "::1"]
    return [listen.address.strip("[]")]


def _concrete(name: str) -> str:
    """A name that fits, for one with a `*`; none for one by which nobody asks."""
    if name in NAMELESS:
        return ""
    if name.startswith("."):
        return name[1:]
    return f"www{name[1:]}" if name.startswith("*.") else f"{name[:-1]}test" if name.endswith(".*") else name
