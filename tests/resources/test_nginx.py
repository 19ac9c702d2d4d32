"""Reloads of a real nginx."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from tests.local_machine import on_this_machine
from tests.nginx_process import NginxProcess
from windlass.resources import Reload, nginx
from windlass.resources.resource import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIGURATION = (
    "pid /run/nginx.pid; error_log /var/log/nginx/error.log; events {{}}"
    "http {{ access_log off; server {{ listen 80; {more} }} }}"
)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NginxProcess]:
    process = NginxProcess(tmp_path)
    process.stand_in(monkeypatch)
    configure(process, "return 201;")
    process.start()
    yield process
    process.stop()


def configure(server: NginxProcess, more: str) -> None:
    server.put("/etc/nginx/nginx.conf", CONFIGURATION.format(more=more))


def test_the_new_configuration_counts_when_it_is_done(server: NginxProcess) -> None:
    reload = on_this_machine(Reload("test"))
    for status in range(202, 208):
        configure(server, f"return {status};")
        reload.refresh()
        assert server.ask("http://x/").status == status


def test_a_configuration_that_is_refused_leaves_the_old_one(server: NginxProcess) -> None:
    configure(server, "nonsense on;")
    with pytest.raises(Failed, match=r'keeps the old one: .*unknown directive "nonsense"'):
        on_this_machine(Reload("test")).refresh()
    assert server.ask("http://x/").status == 201


def test_a_reload_that_nginx_gives_up_is_noticed(server: NginxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nginx, "PATIENCE", 1.5)
    monkeypatch.setattr(nginx, "TEST", ["true"])  # which tries to bind as well; the port may be taken after it
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        configure(server, f"return 202; listen 127.0.0.1:{other.getsockname()[1]};")
        with pytest.raises(Failed, match=r"keeps its old configuration: .*Address already in use"):
            on_this_machine(Reload("test")).refresh()
    assert server.ask("http://x/").status == 201
