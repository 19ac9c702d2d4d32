"""Certificates, with real ones and a real nginx; those of a CA are for the lab (tests/lab/test_tls.py)."""

from __future__ import annotations

import os
import re
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from tests.local_machine import converge, on_this_machine
from tests.nginx_process import NginxProcess, self_signed
from windlass.agent.failures import Failed
from windlass.agent.resources import Placeholder, SelfSigned, certificate
from windlass.agent.resources.certificate import look_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ["shop.test", "www.shop.test"]


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of links, in place of /etc/nginx/tls."""
    for name, constant in (("etc/nginx/tls", "LINKS"), ("self-signed", "OWN")):
        (tmp_path / name).mkdir(parents=True)
        monkeypatch.setattr(certificate, constant, str(tmp_path / name))
    return tmp_path / "etc/nginx/tls"


@pytest.fixture
def server(tmp_path: Path, tls: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NginxProcess]:
    """An nginx that serves the certificate of `shop`, and is reloaded without systemd."""
    process = NginxProcess(tmp_path)
    process.stand_in(monkeypatch)
    process.put(
        "/etc/nginx/nginx.conf",
        "pid /run/nginx.pid; error_log /var/log/nginx/error.log; events {} http { access_log off; server {"
        "listen 443 ssl; ssl_certificate /etc/nginx/tls/shop/fullchain.pem;"
        "ssl_certificate_key /etc/nginx/tls/shop/privkey.pem; }}",
    )
    converge(Placeholder("shop", NAMES))
    process.start()
    yield process
    process.stop()


def test_what_is_in_a_certificate(tmp_path: Path) -> None:
    self_signed(tmp_path, ["b.test", "a.test"], "-days", "90")
    look = look_at(str(tmp_path))
    assert look is not None
    assert (look.names, look.issuer, look.fresh) == (["a.test", "b.test"], "test", True)
    assert look.expires - look.begins == 90 * 86400


@pytest.mark.parametrize(
    ("begun", "left", "fresh", "late"),
    [(60, 30, True, False), (80, 20, False, False), (84, 6, False, True), (90, -1, False, True), (1, 5, True, False)],
)
def test_how_late_its_renewal_is(begun: int, left: int, fresh: bool, late: bool) -> None:
    """In days. One that lives for six is not late on its second."""
    look = certificate.Look([], "R12", time.time() - begun * 86400, time.time() + left * 86400)
    assert (look.fresh, look.late) == (fresh, late)


@pytest.mark.parametrize("damage", ["nothing there", "no key", "empty key", "another key", "cut off", "no certificate"])
def test_a_certificate_that_nginx_could_not_use_is_none(tmp_path: Path, damage: str) -> None:
    chain, key = tmp_path / "fullchain.pem", tmp_path / "privkey.pem"
    if damage != "nothing there":
        self_signed(tmp_path, ["a.test"])
        assert look_at(str(tmp_path)) is not None
    match damage:
        case "no key":
            key.unlink()
        case "empty key":
            key.write_text("")
        case "another key":
            certificate_before = chain.read_text()
            self_signed(tmp_path, ["a.test"])
            chain.write_text(certificate_before)
        case "cut off":
            chain.write_text(chain.read_text()[:200])
        case "no certificate":
            chain.write_text("hello\n")
    assert look_at(str(tmp_path)) is None


def test_a_placeholder_is_made_where_there_is_nothing(tls: Path) -> None:
    assert converge(Placeholder("shop", NAMES)) == ["usable"]
    look = look_at(str(tls / "shop"))
    assert look is not None
    assert look.names == NAMES
    assert os.stat(tls / "shop/privkey.pem").st_mode & 0o077 == 0
    assert converge(Placeholder("shop", ["another.test"])) == []


def test_a_placeholder_takes_the_place_of_a_dead_link(tls: Path, tmp_path: Path) -> None:
    (tls / "shop").symlink_to(tmp_path / "gone")
    assert converge(Placeholder("shop", NAMES)) == ["usable"]


def test_apps_with_similar_names_do_not_touch_each_other(tls: Path) -> None:
    converge(Placeholder("shop-2", NAMES))
    for _ in range(2):
        converge(Placeholder("shop", NAMES))
        shutil.rmtree((tls / "shop").resolve())
    assert look_at(str(tls / "shop-2")) is not None


def test_a_self_signed_certificate_follows_the_domains(server: NginxProcess, tmp_path: Path) -> None:
    assert converge(SelfSigned("shop", NAMES)) == []
    assert converge(SelfSigned("shop", ["new.test"])) == ["names"]
    assert converge(SelfSigned("shop", ["new.test"])) == []
    assert len(list((tmp_path / "self-signed").iterdir())) == 1


def test_a_lost_reload_is_noticed_and_made_up_for(server: NginxProcess) -> None:
    shop = on_this_machine(SelfSigned("shop", NAMES))
    shop.self_sign()
    assert shop.actual()["served"] is False
    before = look_at(shop.link)
    assert converge(shop) == ["served"]
    assert look_at(shop.link) == before


def test_a_certificate_from_elsewhere_is_replaced(server: NginxProcess, tls: Path, tmp_path: Path) -> None:
    (tmp_path / "live").mkdir()
    self_signed(tmp_path / "live", NAMES)
    (tls / "shop").unlink()
    (tls / "shop").symlink_to(tmp_path / "live")
    assert converge(SelfSigned("shop", NAMES)) == ["self-signed", "served"]


def test_another_certificate_is_served(server: NginxProcess, tls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody's own server block answers to the name."""
    monkeypatch.setattr(certificate, "PATIENCE", 0.5)
    server.certificate("mine")
    configuration = server.folder / "etc/nginx/nginx.conf"
    configuration.write_text(configuration.read_text().replace("/tls/shop/", "/tls/mine/"))
    with pytest.raises(Failed) as raised:
        converge(SelfSigned("shop", ["new.test"]))
    assert (str(raised.value), raised.value.hint) == (
        f"nginx serves another certificate for new.test than {tls}/shop/fullchain.pem",
        "`nginx -T` shows which server block answers to new.test on port 443.",
    )


def test_the_summary_gets_address_and_expiry(server: NginxProcess) -> None:
    notes = on_this_machine(SelfSigned("shop", NAMES)).notes()
    assert notes["url"] == "https://shop.test/"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", notes["expires"])
