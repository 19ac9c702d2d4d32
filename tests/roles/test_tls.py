"""What the tls role declares; that it works is for the lab (tests/lab/test_tls.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from roles.tls import certbot, tls
from tests.nginx_process import self_signed
from tests.roles.hosts import apps, host, resources, text

if TYPE_CHECKING:
    from pathlib import Path

DROP_IN = "/etc/systemd/system/certbot.service.d/50-windlass.conf"


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A CA's certificate."""
    self_signed(tmp_path, ["ca.test"])
    return tmp_path / "fullchain.pem"


def of_shop(**settings: Any) -> dict[str, Any]:
    here = host(apps={"shop": {"domains": ["shop.test", "www.shop.test"]}}, **settings)
    return resources(tls, here, apps(here)[0])


def test_modes() -> None:
    assert list(of_shop()) == ["absent /etc/windlass/acme-ca/shop.pem", "certificate shop"]
    assert list(of_shop(tls={"mode": "self-signed"})) == ["selfsigned shop"]
    assert list(of_shop(tls={"mode": "off"})) == []


def test_lets_encrypt_by_default() -> None:
    certificate = of_shop()["certificate shop"]
    assert certificate.directory == "https://acme-v02.api.letsencrypt.org/directory"
    assert (certificate.names, certificate.ca_file) == (["shop.test", "www.shop.test"], None)
    assert not certificate.replace_trusted
    staging = of_shop(tls={"staging": True})["certificate shop"]
    assert "staging" in staging.directory
    assert staging.replace_trusted


def test_the_timer_is_there_only_with_certbot() -> None:
    assert "unit certbot.timer" in resources(certbot, host(apps={"shop": {}}))
    assert "unit certbot.timer" not in resources(certbot, host(tls={"mode": "self-signed"}, apps={"shop": {}}))


def test_certbot_alone_trusts_a_ca_of_ones_own(authority: Path) -> None:
    settings = {"tls": {"ca_file": str(authority)}, "apps": {"shop": {}}}
    here = host(**settings)
    found = resources(tls, here, apps(here)[0])
    assert text(found["file /etc/windlass/acme-ca/shop.pem"]) == authority.read_text()
    assert found["certificate shop"].ca_file == "/etc/windlass/acme-ca/shop.pem"
    assert f"file {DROP_IN}" in resources(certbot, here)
    assert f"absent {DROP_IN}" in resources(certbot, host(apps={"shop": {}}))


def test_only_certificates_leave_the_file(authority: Path) -> None:
    both = authority.with_name("both.pem")
    both.write_text(authority.with_name("privkey.pem").read_text() + "some words\n" + authority.read_text())
    here = host(tls={"ca_file": str(both)}, apps={"shop": {}})
    found = resources(tls, here, apps(here)[0])
    assert text(found["file /etc/windlass/acme-ca/shop.pem"]) == authority.read_text()
