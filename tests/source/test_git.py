"""Repositories behind HTTPS that want a login; those behind ssh are in test_tools.py."""

from __future__ import annotations

import http.server
import ssl
import threading
from typing import TYPE_CHECKING

import pytest

from tests.nginx_process import self_signed
from tests.source.test_source import refusal
from windlass.source.git import is_in_repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOGIN = "\n  The repository needs a login: an SSH key in the agent, or a git credential helper."


class Locked(http.server.BaseHTTPRequestHandler):
    """Lets nobody in."""

    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="x"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def over_https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of such a server, whose certificate git believes."""
    self_signed(tmp_path, ["localhost"])
    monkeypatch.setenv("GIT_SSL_CAINFO", f"{tmp_path}/fullchain.pem")
    monkeypatch.setenv("no_proxy", "localhost")
    monkeypatch.setenv("HOME", str(tmp_path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "fullchain.pem", tmp_path / "privkey.pem")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Locked) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join(60)


def test_over_https(tmp_path: Path, over_https: int, monkeypatch: pytest.MonkeyPatch) -> None:
    place = f"https://localhost:{over_https}"
    assert refusal(tmp_path, source=f"{place}/x.git") == (
        f"app hello: {place}/x.git: could not read Username for '{place}': terminal prompts disabled{LOGIN}"
    )
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "credential.helper")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "!echo username=me; echo password=hunter2; :")
    assert refusal(tmp_path, source=f"{place}/x.git") == (
        f"app hello: {place}/x.git: Authentication failed for '{place}/x.git/'{LOGIN}"
    )


def test_a_folder_beside_a_repository_is_not_in_it(tmp_path: Path) -> None:
    """`source: ../shop` of a project that is in git."""
    (tmp_path / "project/.git").mkdir(parents=True)
    (tmp_path / "shop").mkdir()
    assert not is_in_repository(tmp_path / "project/../shop")
    assert is_in_repository(tmp_path / "project/sample_app")
