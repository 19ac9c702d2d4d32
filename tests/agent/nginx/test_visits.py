"""Visits to a real nginx."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.nginx_process import NginxProcess
from windlass.agent.nginx import visits
from windlass.agent.nginx.directives import read
from windlass.agent.nginx.servers import servers
from windlass.agent.nginx.visits import OPEN, Question, answers, questions

if TYPE_CHECKING:
    from pathlib import Path

SITES = """\
server { listen 127.0.0.1:HTTP; server_name one.test; return 201; }
server { listen 127.0.0.1:HTTP; server_name *.two.test .three.test ~x; return 202; }
server { listen 127.0.0.1:HTTP default_server; return 203; }
server { listen 127.0.0.1:HTTP; server_name _; return 204; }
server { listen 127.0.0.1:HTTP; server_name gone.test; return 444; }
server { listen 127.0.0.1:HTTPS ssl; server_name tls.test; return 205;
  ssl_certificate fullchain.pem; ssl_certificate_key privkey.pem; }
server { listen unix:SOCKET; return 206; }
"""


@pytest.fixture
def process(tmp_path: Path) -> NginxProcess:
    process = NginxProcess(tmp_path)
    process.certificate("tls")
    text = SITES.replace("HTTPS", str(process.https_port)).replace("HTTP", str(process.http_port))
    text = text.replace("SOCKET", f"{tmp_path}/x.sock").replace(
        "fullchain.pem", f"{tmp_path}/etc/nginx/tls/tls/fullchain.pem"
    )
    text = text.replace("privkey.pem", f"{tmp_path}/etc/nginx/tls/tls/privkey.pem")
    process.put(
        "/etc/nginx/nginx.conf",
        f"pid /run/nginx.pid; error_log /var/log/nginx/error.log; events {{}} http {{ access_log off;\n{text}}}\n",
    )
    return process


def test_each_block_is_asked_by_its_names_where_it_answers(process: NginxProcess, tmp_path: Path) -> None:
    asked = questions(servers(read(f"{tmp_path}/etc/nginx/nginx.conf")))
    process.start()
    try:
        found = {(each.name, each.address[:5]): status for each, status in answers(asked).items()}
    finally:
        process.stop()
    assert found == {
        ("one.test", "127.0"): "201",
        ("www.two.test", "127.0"): "202",
        ("three.test", "127.0"): "202",
        ("", "127.0"): "203",  # and nobody gets the block `_`
        ("gone.test", "127.0"): "no answer",
        ("tls.test", "127.0"): "205",
        ("", "unix:"): "206",
    }


def test_who_does_not_answer(process: NginxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    question = Question("127.0.0.1", process.http_port, False, False, True, "one.test")
    assert answers([question]) == {question: "Connection refused"}
    assert str(question) == f"http://one.test:{process.http_port}/ at 127.0.0.1"
    process.start()
    try:
        stream = question._replace(http=False)
        assert answers([stream]) == {stream: OPEN}
        wrong = question._replace(tls=True, address="127.0.0.1")
        assert "wrong version number" in answers([wrong])[wrong].lower().replace("_", " ")
    finally:
        process.stop()


def test_addresses_where_a_listener_is_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "own_addresses", lambda: ["192.0.2.7", "2001:db8::7"])
    (tmp_path / "nginx.conf").write_text(
        "http { server { listen 80; listen [::]:443 ssl; server_name a.test; } server { listen 192.0.2.7:80; }\n"
        "server { listen [::]:81 proxy_protocol; } } stream { server { listen 82; } server { listen 53 udp; } }\n"
    )
    assert [str(each) for each in questions(servers(read(str(tmp_path / "nginx.conf"))))] == [
        "http://a.test/ at 127.0.0.1",  # at 192.0.2.7 the other block answers
        "https://a.test/ at 2001:db8::7",
        "http://192.0.2.7/ at 192.0.2.7",
        "http://2001:db8::7:81/ at 2001:db8::7",
        "port 82 at 192.0.2.7",
    ]
