"""The lab's visitor before a server that does not serve as the sample app does, over real TLS."""

from __future__ import annotations

import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from tests.ssh.sshd import free_port
from windlass.errors import LabError
from windlass.lab import certificate
from windlass.lab.visit import TARGET, visit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "shortener.lab.test"
FORM = '<input name="csrf_token" value="x">'
LOOK = "\n  Look at: ./deploy.py status lab, ./deploy.py logs lab"

# Of GET /, POST / and GET /1: status, Location and body.
Answers = dict[str, tuple[int, str, str]]
GOOD: Answers = {"GET /": (200, "", FORM), "POST /": (303, "/1", ""), "GET /1": (302, TARGET, "")}


@contextmanager
def serving(folder: Path, answers: Answers) -> Iterator[tuple[int, str]]:
    """A server with these answers: its port, and the CA that it is to be trusted by."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, location, body = answers[f"{self.command} {self.path}"]
            self.send_response(status)
            self.send_header("Location", location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *words: object) -> None:
            pass

    authority, own, key = certificate.endpoint(NAME, "127.0.0.1")
    (folder / "server.pem").write_text(own + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], authority
        server.shutdown()


def visited(folder: Path, answers: Answers) -> list[str]:
    said: list[str] = []
    with serving(folder, answers) as (port, authority):
        visit(NAME, "127.0.0.1", port, authority, said.append)
    return said


def test_a_visit(tmp_path: Path) -> None:
    first, *rest = visited(tmp_path, GOOD)
    assert first.startswith(f"GET  https://{NAME}/ -> 200, certificate verified, valid until ")
    assert rest == [
        f"POST https://{NAME}/ -> 303, the link https://{NAME}/1 was made",
        f"GET  https://{NAME}/1 -> 302 {TARGET}",
    ]


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"GET /": (502, "", "")}, f"https://{NAME}/ answered 502{LOOK}"),
        ({"GET /": (404, "", "")}, f"https://{NAME}/ answered 404 without the form{LOOK}"),
        ({"POST /": (400, "", "")}, f"https://{NAME}/ answered 400 to the form instead of 303{LOOK}"),
        ({"GET /1": (404, "", "")}, f"https://{NAME}/1 leads to '', not to {TARGET}{LOOK}"),
    ],
)
def test_a_visit_that_does_not_go_as_it_should(tmp_path: Path, answers: Answers, message: str) -> None:
    with pytest.raises(LabError) as raised:
        visited(tmp_path, GOOD | answers)
    assert str(raised.value) == message


def test_nobody_there(tmp_path: Path) -> None:
    authority = certificate.endpoint(NAME, "127.0.0.1")[0]
    port = free_port()
    with pytest.raises(LabError) as raised:
        visit(NAME, "127.0.0.1", port, authority, print)
    assert str(raised.value) == (
        f"https://{NAME}/ at 127.0.0.1:{port}: [Errno 111] Connection refused\n  Has the host been provisioned?"
    )
