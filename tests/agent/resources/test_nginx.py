"""Reloads of a real nginx."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING

import pytest

from tests.local_machine import on_this_machine
from tests.nginx_process import NginxProcess
from tests.stopped_process import stopped
from windlass.agent.failures import Failed
from windlass.agent.resources import Reload, nginx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIGURATION = (
    "pid /run/nginx.pid; error_log /var/log/nginx/error.log; events {{}}"
    "http {{ access_log off; server {{ listen 80; {more} }} }}"
)
WHEN_AND_WHO = r"(\d\S+ \S+ )?\[emerg\] \d+#\d+: "


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
    with pytest.raises(Failed) as raised:
        on_this_machine(Reload("test")).refresh()
    file = f"{server.folder}/etc/nginx/nginx.conf"
    assert re.sub(WHEN_AND_WHO, "[emerg] ", str(raised.value)) == (
        'nginx refuses its configuration and keeps the old one: [emerg] unknown directive "nonsense"'
        f" in {file}:1\nnginx: configuration file {file} test failed"
    )
    assert server.ask("http://x/").status == 201


def test_a_reload_that_nginx_gives_up_is_noticed(server: NginxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nginx, "PATIENCE", 1.5)
    monkeypatch.setattr(nginx, "TEST", ["true"])  # which tries to bind as well; the port may be taken after it
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        place = f"127.0.0.1:{other.getsockname()[1]}"
        configure(server, f"return 202; listen {place};")
        with pytest.raises(Failed) as raised:
            on_this_machine(Reload("test")).refresh()
    assert re.sub(WHEN_AND_WHO, "[emerg] ", str(raised.value)) == (
        f"nginx keeps its old configuration: [emerg] bind() to {place} failed (98: Address already in use)"
    )
    assert server.ask("http://x/").status == 201


def test_an_nginx_that_hangs(server: NginxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nginx, "PATIENCE", 0.5)
    with stopped(int((server.folder / "run/nginx.pid").read_text())), pytest.raises(Failed) as raised:
        on_this_machine(Reload("test")).refresh()
    assert str(raised.value) == f"nginx keeps its old configuration: {nginx.ERROR_LOG} does not say why"
