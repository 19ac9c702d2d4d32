"""Who has a port that nginx is to have, among real sockets of this machine."""

from __future__ import annotations

import os
import re
import socket

import pytest

from tests.local_machine import converge
from windlass.agent import others
from windlass.agent.failures import Failed
from windlass.agent.others import unit_of
from windlass.agent.resources import WebPorts, web_ports


@pytest.mark.parametrize(
    ("unit", "advice"),
    [
        ("apache2.service", "Stop it, and see that it stays so: `systemctl disable --now apache2.service`."),
        ("", "Stop it, and see that it stays so: `kill PID`."),
        (
            "docker.service",
            "`docker ps --filter publish=PORT` says which container publishes it: have it publish another.",
        ),
        ("init.scope", "`systemctl list-sockets` says which socket unit it is: `systemctl disable --now` that."),
    ],
)
def test_who_has_it_and_what_to_do(monkeypatch: pytest.MonkeyPatch, unit: str, advice: str) -> None:
    monkeypatch.setattr(web_ports, "unit_of", lambda process: unit)
    monkeypatch.setattr(others, "unit_of", lambda process: unit)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(Failed) as raised:
            converge(WebPorts([port]))
    who = rf".+ \(pid {os.getpid()}{f', {unit}' if unit else ''}\)'s"
    assert re.fullmatch(rf"nginx needs port {port}, which is {who}; nothing was changed", str(raised.value))
    assert raised.value.hint == f"{advice.replace('PORT', str(port)).replace('PID', str(os.getpid()))} Then run again."
    assert converge(WebPorts([port])) == []


def test_nginx_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_ports, "unit_of", lambda process: "nginx.service")
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert converge(WebPorts([server.getsockname()[1]])) == []


def test_the_unit_of_a_process_that_is_gone() -> None:
    assert unit_of("0") == ""
