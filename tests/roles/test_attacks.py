"""What no browser sends: nginx refuses it, and the app never hears of it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from tests.roles.conftest import Echo

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nginx_process import NginxProcess

HOST = b"Host: shop.test\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: shop.test\r\n\r\n"
REFUSED = {
    "length and chunks": b"POST / HTTP/1.1\r\n" + HOST
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "two lengths": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + SMUGGLED,
    "a list of lengths": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 0, 44\r\n\r\n" + SMUGGLED,
    "a negative length": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n" + SMUGGLED,
    "a length with a sign": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: +5\r\n\r\n" + SMUGGLED,
    "an unknown encoding": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "two encodings": b"POST / HTTP/1.1\r\n" + HOST
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a space before the colon": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "chunks of an old version": b"POST / HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk of no size": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "a body over the limit": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1025\r\n\r\n" + b"x" * 1025,
    "chunks over the limit": b"POST / HTTP/1.1\r\n" + HOST
    + b"Transfer-Encoding: chunked\r\n\r\n500\r\n" + b"x" * 0x500 + b"\r\n0\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\n" + HOST + b"Host: evil.test\r\n\r\n",
    "a host that is another's": b"GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n",
    "a host and more": b"GET / HTTP/1.1\r\nHost: shop.test/evil\r\n\r\n",
    "a host with a user": b"GET / HTTP/1.1\r\nHost: shop.test@evil.test\r\n\r\n",
    "another host in the address": b"GET http://evil.test/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a null in a header": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\0b\r\n\r\n",
    "a header that goes on": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n Transfer-Encoding: chunked\r\n\r\n",
    "headers too long": b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"x" * 40_000 + b"\r\n\r\n",
    "a path too long": b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a path above the root": b"GET /../../etc/passwd HTTP/1.1\r\n" + HOST + b"\r\n",
    "static and then above the root": b"GET /static/..%2f..%2f../env HTTP/1.1\r\n" + HOST + b"\r\n",
    "a path with a null": b"GET /static/%00 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a tunnel": b"CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n",
    "a trace": b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a version that is none": b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    "plain HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "noise": bytes(range(128, 256)) * 4 + b"\r\n\r\n",
}  # fmt: skip


def raw(process: NginxProcess, sent: bytes) -> bytes:
    """All that comes back, until nginx has nothing more to say."""
    received = b""
    with process.handshake("shop.test") as connection:
        connection.settimeout(0.5)
        try:
            connection.sendall(sent)
            while data := connection.recv(65536):
                received += data
        except OSError:
            pass  # it waits for more, or has closed before it had read all
    return received


@pytest.mark.parametrize("attack", REFUSED)
def test_it_is_refused_and_never_reaches_the_app(shop: NginxProcess, tmp_path: Path, attack: str) -> None:
    (tmp_path / "srv/shop/current/env").write_text("SECRET_KEY=secret")
    answer = raw(shop, REFUSED[attack])
    print(answer)
    status = int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/") else 0
    # 0: the connection is closed without a word; 501 is for encodings that nginx does not know.
    assert status == 0 or 400 <= status < 500 or status in (501, 505)
    assert answer.count(b"HTTP/1.") <= 1
    assert b"SECRET_KEY" not in answer
    assert shop.ask("https://shop.test/after").status == 200
    assert Echo.asked == ["/after"]


@pytest.mark.parametrize("header", [b"X-Forwarded-Prefix: /evil", b"X_Forwarded_For: evil", b"Proxy: evil"])
def test_headers_that_would_mislead_the_app_do_not_get_there(shop: NginxProcess, header: bytes) -> None:
    answer = raw(shop, b"GET / HTTP/1.1\r\n" + HOST + header + b"\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"evil" not in answer


@pytest.mark.parametrize("path", [b"/%0d%0aSet-Cookie:%20evil=1", b"//evil.test/%2e%2e", b"/\\evil.test"])
def test_a_redirect_carries_nothing_in_its_headers(shop: NginxProcess, path: bytes) -> None:
    received = b""
    with socket.create_connection(("127.0.0.1", shop.http_port), timeout=60) as connection:
        connection.sendall(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        while data := connection.recv(65536):
            received += data
    headers = received.partition(b"\r\n\r\n")[0].split(b"\r\n")
    (location,) = (line for line in headers if line.lower().startswith(b"location:"))
    assert location.startswith(b"Location: https://shop.test/")
    assert not any(line.lower().startswith(b"set-cookie") for line in headers)
