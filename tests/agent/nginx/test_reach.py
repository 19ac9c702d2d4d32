"""Whether visitors of a domain meet the app, on a real nginx."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from typing import TYPE_CHECKING

import pytest

from tests.nginx_process import NginxProcess
from windlass.agent.nginx import reach
from windlass.agent.nginx.directives import read
from windlass.agent.nginx.reach import Domain, amiss, in_front, some_of
from windlass.agent.nginx.visits import Question

if TYPE_CHECKING:
    from pathlib import Path

    from windlass.agent.nginx.directives import Directive

OURS = "server { listen 80; server_name shop.test www.shop.test; }\nserver { listen 443 ssl; server_name shop.test; }\n"


@pytest.fixture(autouse=True)
def _one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "own_addresses", lambda: ["127.0.0.1"])


def configured(folder: Path, monkeypatch: pytest.MonkeyPatch, **others: str) -> Directive:
    """The app `shop` beside other files, in alphabetical order."""
    monkeypatch.setattr(reach, "SITES", str(folder))
    for name, text in {"shop.conf": OURS, **others}.items():
        (folder / name).write_text(text)
    (folder / "nginx.conf").write_text("http { include [!n]*; }")
    return read(str(folder / "nginx.conf"))


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("server { listen 80; server_name old.test; }\n", ""),
        ("\nserver { listen 80; server_name shop.test; }\n", "a-theirs:2"),
        ("server { listen 443 ssl; server_name shop.test; }\n", "a-theirs:1"),
        ("server { listen 127.0.0.1:443 ssl; server_name other.test; }\n", "a-theirs:1"),
        ("server { listen 192.0.2.9:443 ssl; server_name shop.test; }\n", ""),
        ("server { listen 80; server_name *.test; }\n", ""),
    ],
)
def test_a_server_block_in_front(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, where: str) -> None:
    found = in_front(configured(tmp_path, monkeypatch, **{"a-theirs": text}), "shop", "shop.test")
    assert (found.place if found else "") == (where and f"{tmp_path}/{where}")
    behind = configured(tmp_path, monkeypatch, **{"a-theirs": "", "z-theirs": text})
    if "127.0.0.1" not in text:
        assert in_front(behind, "shop", "shop.test") is None
    assert in_front(behind, "gone", "shop.test") is None  # an app that nginx does not know


def test_it_is_told_once_for_each_domain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    front = configured(tmp_path, monkeypatch, a="server { listen 80; server_name shop.test; }\n")
    domains = [Domain("shop", "shop.test", "/healthz", b"x"), Domain("shop", "shop.test", "/healthz", None)]
    monkeypatch.setattr(reach, "PAUSES", (0.01,))
    assert amiss(front, domains, patient=True) == [f"shop.test is answered by the server block at {tmp_path}/a:1"]
    alone = configured(tmp_path, monkeypatch, a="server { listen 127.0.0.1:80; server_name other.test; }\n")
    (said,) = amiss(alone, domains, patient=False)
    assert said.removeprefix(f"shop.test is answered by the server block at {tmp_path}/a:1") == (
        " (it listens on 127.0.0.1, which it then has for itself: let it listen on the port alone)"
    )


def test_what_a_visit_finds(tmp_path: Path) -> None:
    process = NginxProcess(tmp_path)
    process.certificate("shop")
    folder = f"{tmp_path}/etc/nginx/tls/shop"
    process.put(
        "/etc/nginx/nginx.conf",
        "pid /run/nginx.pid; error_log /var/log/nginx/error.log; events {} http { access_log off;"
        f"server {{ listen 80; listen 443 ssl; ssl_certificate {folder}/fullchain.pem; ssl_certificate_key"
        f" {folder}/privkey.pem; location /good {{ return 204; }} location /bad {{ return 404; }}"
        f"location /on {{ return 301 /; }}"
        f"location /many {{ return 429; }}"
        f"location /gone {{ return 444; }} }} }}",
    )
    process.start()
    try:
        plain = Question("127.0.0.1", process.http_port, False, False, True, "shop.test", "/good")
        tls = plain._replace(port=process.https_port, tls=True)
        with open(f"{folder}/fullchain.pem") as file:
            certificate = ssl.PEM_cert_to_DER_cert(file.read())
        assert (reach._visit(plain, None), reach._visit(tls, certificate)) == ("", "")
        assert reach._visit(tls, b"another") == f"{tls} is served with another certificate than the app's"
        bad, gone = plain._replace(path="/bad"), plain._replace(path="/gone")
        assert reach._visit(bad, None) == f"{bad} is answered HTTP 404"
        assert reach._visit(bad, None, best=False) == ""
        assert reach._visit(plain._replace(path="/on"), None) == reach._visit(plain._replace(path="/many"), None) == ""
        on = tls._replace(path="/on")
        assert reach._visit(on, certificate) == f"{on} is answered HTTP 301"
        assert reach._visit(gone, None) == f"{gone} is answered with nothing"
    finally:
        process.stop()
    assert reach._visit(plain, None) == f"{plain}: Connection refused"


def test_another_server_in_its_place() -> None:
    def serve(server: socket.socket) -> None:
        connection, _ = server.accept()
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,), daemon=True)
        thread.start()
        question = Question("127.0.0.1", server.getsockname()[1], False, False, True, "shop.test")
        said = reach._visit(question, None)
        thread.join(10)
    assert said.startswith(f"{question} is answered by ")
    assert said.endswith(f" (pid {os.getpid()})")


def test_addresses_of_both_families_are_visited_whichever_networks_containers_have() -> None:
    addresses = ["192.0.2.7", *(f"10.89.{number}.1" for number in range(9)), "2001:db8::7"]
    assert some_of(addresses) == ["192.0.2.7", "10.89.0.1", "2001:db8::7"]
