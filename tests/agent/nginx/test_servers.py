"""Which block answers to whom: the same that a real nginx chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.nginx_process import NginxProcess
from windlass.agent.nginx.directives import read
from windlass.agent.nginx.servers import choose, servers

if TYPE_CHECKING:
    from pathlib import Path

    from windlass.agent.nginx.servers import Server

BLOCKS = """\
server { listen PORT; server_name one.test; return 201; }
server { listen PORT; server_name *.one.test .two.test; return 202; }
server { listen PORT; server_name *.sub.one.test; return 203; }
server { listen PORT; server_name mail.*; return 204; }
server { listen PORT default_server; server_name _; return 205; }
server { listen PORT; server_name "~^(?<name>r[0-9]{2})\\.test$"; return 206; }
server { listen 127.0.0.2:PORT; server_name one.test; return 208; }
server { listen 127.0.0.2:PORT; server_name two.test; return 226; }
"""
ASKED = ("one.test", "ONE.test", "x.one.test", "x.sub.one.test", "two.test", "x.two.test", "mail.x.y",
         "r07.test", "r7.test", "none.test", "")  # fmt: skip


def blocks(folder: Path, text: str) -> list[Server]:
    (folder / "some.conf").write_text(f"http {{\n{text}}}\n")
    return servers(read(str(folder / "some.conf")))


def status(server: Server | None, text: str) -> int:
    assert server is not None
    return int(text.splitlines()[server.line - 2].split("return ")[1][:3])


def test_the_same_as_a_real_one(tmp_path: Path) -> None:
    process = NginxProcess(tmp_path)
    text = BLOCKS.replace("PORT", str(process.http_port))
    process.put(
        "/etc/nginx/nginx.conf",
        "pid /run/nginx.pid; error_log /var/log/nginx/error.log crit; events {}\n"
        f"http {{ access_log off; server_names_hash_bucket_size 128;\n{text}}}\n",
    )
    found = blocks(tmp_path, text)
    process.start()
    try:
        for name in ASKED:
            real = process.ask("http://x/", Host=name).status if name else process.ask("http://127.0.0.1/").status
            assert (name, status(choose(found, "127.0.0.1", process.http_port, name), text)) == (name, real)
    finally:
        process.stop()
    assert status(choose(found, "127.0.0.2", process.http_port, "one.test"), text) == 208
    assert status(choose(found, "127.0.0.2", process.http_port, "none.test"), text) == 208
    assert choose(found, "127.0.0.1", 1, "one.test") is None


def test_of_two_blocks_with_one_name_the_first_counts(tmp_path: Path) -> None:
    """nginx only warns of it: conflicting server name "one.test" on 0.0.0.0:80, ignored."""
    text = "server { server_name one.test; }\nserver { server_name two.test one.test; }\n"
    found = blocks(tmp_path, text)
    assert choose(found, "192.0.2.1", 80, "one.test") is found[0]
    assert choose(found, "192.0.2.1", 80, "two.test") is found[1]


@pytest.mark.parametrize(
    ("written", "address", "port", "tls", "default", "proxied"),
    [
        ("80", "*", 80, False, False, False),
        ("*:81 default", "*", 81, False, True, False),
        ("0.0.0.0:443 ssl http2", "*", 443, True, False, False),
        ("192.0.2.1", "192.0.2.1", 80, False, False, False),
        ("[::]:443 ssl default_server proxy_protocol", "[::]", 443, True, True, True),
        ("[2001:db8::1]", "[2001:db8::1]", 80, False, False, False),
        ("unix:/run/x.sock", "unix:/run/x.sock", 80, False, False, False),
    ],
)
def test_listeners(
    tmp_path: Path, written: str, address: str, port: int, tls: bool, default: bool, proxied: bool
) -> None:
    (listen,) = blocks(tmp_path, f"server {{ listen {written}; }}\n")[0].listens
    assert (listen.address, listen.port, listen.tls, listen.default, listen.proxied) == (
        address, port, tls, default, proxied,
    )  # fmt: skip


def test_who_says_nothing_listens_on_port_80_and_has_no_name(tmp_path: Path) -> None:
    one, old, quic = blocks(
        tmp_path, "server { }\nserver { listen 443; ssl on; server_name A.test _; }\nserver { listen 443 quic; }\n"
    )
    assert ([(each.address, each.port) for each in one.listens], one.names, one.is_nameless) == (
        [("*", 80)],
        [""],
        True,
    )
    assert (old.listens[0].tls, old.names, old.is_nameless) == (True, ["a.test", "_"], False)
    assert quic.listens == []


def test_an_ipv6_listener_may_be_ipv4s_too(tmp_path: Path) -> None:
    found = blocks(tmp_path, "server { listen [::]:80 ipv6only=off; }\nserver { listen [::]:81; }\n")
    assert choose(found, "192.0.2.1", 80, "x") is found[0]
    assert choose(found, "2001:db8::1", 80, "x") is found[0]
    assert choose(found, "192.0.2.1", 81, "x") is None
