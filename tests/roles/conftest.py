"""A real nginx that serves a site of ours, and an app behind it that says what it was asked."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from roles.nginx import nginx
from roles.site import site
from tests.nginx_process import NginxProcess
from tests.roles.hosts import apps, host, resources, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from windlass.host import Host


class Echo(BaseHTTPRequestHandler):
    """Answers with the request's headers as JSON; `/own-headers` sends security headers of its own, `/N` status N.

    `/slow` takes a second. `asked` are the paths since the server was started.
    """

    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        body = json.dumps({"path": self.path, **{name.lower(): value for name, value in self.headers.items()}}).encode()
        body += b" " * 5000
        self.asked.append(self.path)
        time.sleep(self.path == "/slow")
        self.send_response(int(self.path[1:]) if self.path[1:].isdigit() else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.path == "/own-headers":
            for name in ("Strict-Transport-Security", "X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy"):
                self.send_header(name, "own")
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the base class wants that name

    def address_string(self) -> str:
        return "nginx"

    def log_message(self, *_: object) -> None:
        pass


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """An app on a unix socket."""

    daemon_threads = True


def configured(folder: Path, host: Host) -> NginxProcess:
    """An nginx with all that the roles write for a host, not started."""
    process = NginxProcess(folder)
    found: dict[str, Any] = resources(nginx, host)
    for app in apps(host):
        found |= resources(site, host, app)
    for name, resource in found.items():
        if name.startswith(("file /etc/nginx/", "file /var/www/")):
            process.put(resource.path, text(resource))
        if name.startswith("placeholder "):
            process.certificate(resource.app)
    return process


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[Host], NginxProcess]]:
    """Starts an nginx as it is on a host."""
    started: list[NginxProcess] = []

    def make(host: Host) -> NginxProcess:
        process = configured(tmp_path, host)
        process.start()
        started.append(process)
        return process

    yield make
    for process in started:
        process.stop()


@pytest.fixture
def shop_with(tmp_path: Path, start: Callable[[Host], NginxProcess]) -> Iterator[Callable[..., NginxProcess]]:
    """Starts an nginx with the app `shop`, which is there, and `gone`, which is not; takes settings of `shop`."""
    release = tmp_path / "srv/shop/current"
    (release / "code/files").mkdir(parents=True)
    Echo.asked.clear()
    app = UnixServer(str(release / "app.sock"), Echo)
    threading.Thread(target=app.serve_forever, args=(0.01,), daemon=True).start()

    def make(**settings: Any) -> NginxProcess:
        settings = {
            "domains": ["shop.test", "www.shop.test"],
            "static": {"/static": "files"},
            "nginx": {"body_limit": "1k"},
            **settings,
        }
        return start(host(tls=settings.pop("host_tls", {}), apps={"shop": settings, "gone": {}}))

    yield make
    app.shutdown()
    app.server_close()


@pytest.fixture
def shop(shop_with: Callable[..., NginxProcess]) -> NginxProcess:
    """The same with nothing special."""
    return shop_with()
