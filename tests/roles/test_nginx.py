"""nginx for the whole host, tried on a real nginx."""

from __future__ import annotations

import http.client
import ssl
from typing import TYPE_CHECKING

import pytest

from roles.nginx import listening, nginx
from tests.roles.conftest import configured
from tests.roles.hosts import host, resources, text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.nginx_process import NginxProcess
    from windlass.host import Host


@pytest.mark.parametrize(
    ("os", "version", "ssl", "http2_directive", "reject_handshake"),
    [
        ("debian", "11", "ssl http2", False, False),
        ("debian", "12", "ssl http2", False, True),
        ("debian", "13", "ssl", True, True),
        ("ubuntu", "22.04", "ssl http2", False, False),
        ("ubuntu", "24.04", "ssl http2", False, True),
        ("ubuntu", "26.04", "ssl", True, True),
        ("debian", "", "ssl", True, True),
    ],
)
def test_directives_are_those_of_the_hosts_nginx(
    os: str, version: str, ssl: str, http2_directive: bool, reject_handshake: bool
) -> None:
    values = listening(host(os, version))
    assert (values["ssl"], values["http2_directive"]) == (ssl, http2_directive)
    assert values["reject_handshake"] is reject_handshake


@pytest.mark.parametrize(
    ("os", "version", "first"),
    [
        ("debian", "11", "X25519"),
        ("debian", "12", "X25519"),
        ("debian", "13", "X25519MLKEM768"),
        ("debian", "", "X25519"),
    ],
)
def test_the_key_exchange_that_the_hosts_openssl_has(os: str, version: str, first: str) -> None:
    conf = text(resources(nginx, host(os, version))["file /etc/nginx/nginx.conf"])
    assert f"ssl_ecdh_curve {first}:" in conf


def test_ipv6_where_the_host_has_it() -> None:
    unknown = "file /etc/nginx/sites-enabled/00-unknown.conf"
    assert "listen [::]:80 default_server;" in text(resources(nginx, host(ipv6=True))[unknown])
    assert "[::]" not in text(resources(nginx, host())[unknown])


def test_a_certificate_for_nobody_where_handshakes_cannot_be_refused(tmp_path: Path) -> None:
    old = host("ubuntu", "22.04", apps={"shop": {}})
    assert "placeholder nobody" in resources(nginx, old)
    assert "placeholder nobody" not in resources(nginx, host(apps={"shop": {}}))
    assert configured(tmp_path, old).test() == ""


@pytest.mark.parametrize("domain", ["a" * 63 + "." + "b" * 63 + ".test", ".".join(["c" * 60] * 4)])
def test_long_domains_fit(tmp_path: Path, domain: str) -> None:
    assert configured(tmp_path, host(apps={"shop": {"domains": [domain]}})).test() == ""


def test_unknown_names_get_nothing(shop: NginxProcess) -> None:
    for name in ("other.test", "127.0.0.1"):
        with pytest.raises(http.client.RemoteDisconnected):
            shop.ask(f"http://{name}/")
    for sni in ("other.test", None):
        with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
            shop.handshake(sni)


def test_a_name_other_than_the_certificates_gets_no_app(shop: NginxProcess) -> None:
    answer = shop.ask("https://shop.test/", Host="other.test")
    assert (answer.status, b"x-forwarded-host" in answer.body) == (421, False)


def test_the_challenge_is_answered_for_any_name(shop: NginxProcess, tmp_path: Path) -> None:
    folder = tmp_path / "var/www/acme/.well-known/acme-challenge"
    folder.mkdir(parents=True)
    (folder / "token").write_text("proof")
    for name in ("shop.test", "other.test"):
        answer = shop.ask(f"http://{name}/.well-known/acme-challenge/token")
        assert (answer.status, answer.body, answer.one("content-type")) == (200, b"proof", "text/plain")


def test_no_port_443_without_tls(start: Callable[[Host], NginxProcess]) -> None:
    process = start(host(tls={"mode": "off"}, apps={"shop": {}}))
    with pytest.raises(ConnectionRefusedError):
        process.handshake("shop.test")


@pytest.mark.parametrize(("profile", "least"), [("intermediate", "TLSv1.2"), ("modern", "TLSv1.3")])
def test_no_old_tls(shop_with: Callable[..., NginxProcess], profile: str, least: str) -> None:
    process = shop_with(host_tls={"profile": profile})
    with process.handshake("shop.test") as connection:
        assert connection.version() == "TLSv1.3"
    for version, name in ((ssl.TLSVersion.TLSv1_1, "TLSv1.1"), (ssl.TLSVersion.TLSv1_2, "TLSv1.2")):
        if name >= least:
            process.handshake("shop.test", newest=version).close()
        else:
            with pytest.raises((ssl.SSLError, ConnectionResetError)):
                process.handshake("shop.test", newest=version)


def test_the_sandbox_of_nginx_can_be_switched_off() -> None:
    drop_in = "/etc/systemd/system/nginx.service.d/50-windlass.conf"
    assert "ProtectSystem=strict\n" in text(resources(nginx, host())[f"file {drop_in}"])
    found = resources(nginx, host(nginx_sandbox=False))
    assert f"absent {drop_in}" in found
    assert f"file {drop_in}" not in found


def test_its_version_is_not_told(shop: NginxProcess) -> None:
    assert shop.ask("https://shop.test/").one("server") == "nginx"
