"""What an app of a real Gunicorn learns of its visitors through a real nginx, and how its answers come to them."""

from __future__ import annotations

import base64
import json
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.gunicorn_process import gunicorn
from tests.roles.hosts import host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.nginx_process import NginxProcess
    from windlass.host import Host

APP = """
import os, time
from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

app = Flask(__name__)
if os.environ.get("FIXED"):
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1, x_port=1, x_prefix=1)

@app.get("/0.0")
@app.get("/0")
def pid():
    return str(os.getpid())

@app.get("/who")
def who():
    return {"address": request.remote_addr, "url": request.url, "root": request.script_root}

@app.get("/events")
def events():
    def stream():
        yield "data: 0\\n\\n"
        for _ in range(1000):
            if os.path.exists("go"):
                break
            time.sleep(0.05)
        yield "data: 1\\n\\n"
    return Response(stream(), mimetype="text/event-stream")

@app.post("/size")
def size():
    return str(len(request.get_data()))

@app.get("/echo")
def plain():
    return "no WebSocket"

@app.route("/echo", websocket=True)
def echo():
    connection = request.environ["gunicorn.socket"]
    connection.sendall(b"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n")
    connection.sendall(connection.recv(100).upper())
    connection.shutdown(2)
    raise StopIteration
"""


@pytest.fixture
def served(tmp_path: Path, start: Callable[[Host], NginxProcess]) -> Iterator[Callable[..., NginxProcess]]:
    """Starts Gunicorn with the app, and nginx before it; takes settings of the app."""
    release = tmp_path / "srv/shop/current"
    release.mkdir(parents=True)
    with ExitStack() as stack:

        def make(**settings: Any) -> NginxProcess:
            stack.enter_context(gunicorn(release, APP))
            return start(host(apps={"shop": settings}))

        yield make


CLAIMS = {
    "X_Forwarded_For": "6.6.6.6", "X_Real_IP": "6.6.6.6", "Forwarded": "for=6.6.6.6", "X_Forwarded_Host": "evil.test",
    "X_Forwarded_Proto": "http", "X_Forwarded_Port": "666", "X_Forwarded_Prefix": "/evil", "X_Script_Name": "/evil",
    "X_Forwarded_Ssl": "off", "X_Forwarded_Protocol": "https", "X_Forwarded_Scheme": "http", "X_Scheme": "http",
}  # fmt: skip


@pytest.mark.parametrize("claims", [{}, CLAIMS], ids=["honest", "pretending"])
@pytest.mark.parametrize("fixed", ["", "yes"], ids=["plain", "ProxyFix"])
def test_the_visitor_is_known(
    served: Callable[..., NginxProcess], monkeypatch: pytest.MonkeyPatch, fixed: str, claims: dict[str, str]
) -> None:
    monkeypatch.setenv("FIXED", fixed)
    nginx = served()
    answer = nginx.ask("https://shop.test/who", **claims)
    assert answer.status == 200
    port = f":{nginx.https_port}" if fixed else ""  # on a host it is 443, which no URL has
    assert json.loads(answer.body) == {"address": "127.0.0.1", "url": f"https://shop.test{port}/who", "root": ""}


def test_events_come_as_they_are_sent(served: Callable[..., NginxProcess], tmp_path: Path) -> None:
    connection = served().handshake("shop.test")
    connection.sendall(b"GET /events HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n")
    stream = connection.makefile("rb")
    lines = iter(stream.readline, b"")
    assert any(line == b"data: 0\n" for line in lines)
    (tmp_path / "srv/shop/current/go").touch()  # the app goes on only now
    assert any(line == b"data: 1\n" for line in lines)
    connection.close()


def test_a_large_upload_arrives(served: Callable[..., NginxProcess]) -> None:
    nginx = served()
    answer = nginx.ask("https://shop.test/size", "POST", bytes(60 * 2**20))
    assert (answer.status, answer.body) == (200, b"62914560")


def upgraded(nginx: NginxProcess, path: str) -> socket.socket:
    connection = nginx.handshake("shop.test")
    key = base64.b64encode(bytes(16)).decode()
    lines = (f"GET {path} HTTP/1.1", "Host: shop.test", "Connection: Upgrade", "Upgrade: websocket",
             f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", "", "")  # fmt: skip
    connection.sendall("\r\n".join(lines).encode())
    return connection


def test_connections_become_websockets_where_they_may(served: Callable[..., NginxProcess]) -> None:
    nginx = served(websockets=["/echo"])
    with upgraded(nginx, "/echo") as connection, connection.makefile("rb") as stream:
        assert stream.readline() == b"HTTP/1.1 101 Switching Protocols\r\n"
        while stream.readline().strip():
            pass
        connection.sendall(b"hello")
        assert stream.read(5) == b"HELLO"
    assert nginx.ask("https://shop.test/echo").body == b"no WebSocket"


def test_and_nowhere_else(served: Callable[..., NginxProcess]) -> None:
    nginx = served(websockets=["/other"])
    with upgraded(nginx, "/echo") as connection, connection.makefile("rb") as stream:
        assert stream.readline() == b"HTTP/1.1 200 OK\r\n"
