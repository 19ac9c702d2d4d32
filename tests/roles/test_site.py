"""An app's place in nginx, tried on a real nginx."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from roles.site import site
from tests.roles.hosts import apps, host, resources

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.nginx_process import NginxProcess
    from windlass.host import Host

SECURITY = {
    "strict-transport-security": "max-age=63072000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "strict-origin-when-cross-origin",
}


@pytest.fixture
def files(tmp_path: Path, shop: NginxProcess) -> Path:
    """The folder that is served as /static/."""
    return tmp_path / "srv/shop/current/code/files"


def test_http_is_redirected(shop: NginxProcess) -> None:
    answer = shop.ask("http://www.shop.test/a%20b?c=d&e")
    assert (answer.status, answer.one("location")) == (301, "https://www.shop.test/a%20b?c=d&e")


def test_the_app_learns_who_asks_for_what(shop: NginxProcess) -> None:
    asked = json.loads(shop.ask("https://shop.test/a%2Fb?c=d").body)
    assert asked["path"] == "/a%2Fb?c=d"
    assert asked["host"] == asked["x-forwarded-host"] == "shop.test"
    assert asked["x-forwarded-for"] == asked["x-real-ip"] == "127.0.0.1"
    assert (asked["x-forwarded-proto"], asked["x-forwarded-port"]) == ("https", str(shop.https_port))
    assert len(asked["x-request-id"]) == 32


def test_a_visitor_cannot_pretend(shop: NginxProcess) -> None:
    answer = shop.ask(
        "https://shop.test/", X_Forwarded_For="6.6.6.6", X_Forwarded_Proto="gopher", X_Forwarded_Host="evil.test",
        X_Forwarded_Prefix="/evil", X_Real_IP="6.6.6.6", X_Request_ID="evil", Forwarded="for=6.6.6.6", Proxy="evil",
        X_Forwarded_Ssl="evil", X_Forwarded_Protocol="evil", X_Forwarded_Scheme="evil", X_Forwarded_By="evil",
        X_Forwarded_Server="evil", X_Scheme="evil", X_Url_Scheme="evil", X_Script_Name="/evil", Front_End_Https="evil",
    )  # fmt: skip
    asked = json.loads(answer.body)
    assert "evil" not in str(asked)
    assert "6.6.6.6" not in str(asked)
    assert "gopher" not in str(asked)


def test_security_headers_come_once(shop: NginxProcess) -> None:
    answer = shop.ask("https://shop.test/")
    assert {name: answer.one(name) for name in SECURITY} == SECURITY


def test_the_apps_own_headers_win(shop: NginxProcess) -> None:
    answer = shop.ask("https://shop.test/own-headers")
    assert {answer.one(name) for name in SECURITY} == {"own"}


@pytest.mark.parametrize(
    ("name", "immutable"),
    [
        ("app.css", False),
        ("app.3f9ac01b.css", True),
        ("app-3f9ac01b2c4d5e6f.min.js", True),
        ("report-20260101.pdf", False),
        ("decade.css", False),
    ],
)
def test_only_hashed_names_are_cached_for_good(shop: NginxProcess, files: Path, name: str, immutable: bool) -> None:
    (files / name).write_text("x")
    answer = shop.ask(f"https://shop.test/static/{name}")
    assert (answer.status, answer.body) == (200, b"x")
    assert answer.one("cache-control") == ("public, max-age=31536000, immutable" if immutable else "public, no-cache")
    assert {name: answer.one(name) for name in SECURITY} == SECURITY
    again = shop.ask(f"https://shop.test/static/{name}", If_None_Match=answer.one("etag") or "")
    assert again.status == 304


def test_static_files_are_compressed_and_pages_are_not(shop: NginxProcess, files: Path) -> None:
    (files / "app.css").write_text("a{}\n" * 1000)
    answer = shop.ask("https://shop.test/static/app.css", Accept_Encoding="gzip")
    assert answer.one("content-encoding") == "gzip"
    assert gzip.decompress(answer.body) == b"a{}\n" * 1000
    assert answer.one("vary") == "Accept-Encoding"
    assert shop.ask("https://shop.test/", Accept_Encoding="gzip").one("content-encoding") is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.css", "text/css; charset=utf-8"),
        ("a.js", "application/javascript; charset=utf-8"),
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("a.webmanifest", "application/manifest+json; charset=utf-8"),
        ("a.woff2", "font/woff2"),
        ("a.unknown", "application/octet-stream"),
    ],
)
def test_static_files_have_their_types(shop: NginxProcess, files: Path, name: str, kind: str) -> None:
    (files / name).write_text("x")
    assert shop.ask(f"https://shop.test/static/{name}").one("content-type") == kind


@pytest.mark.parametrize("path", [".env", "%2eenv", "a/../.env", ".git/config", "a/.hidden", "missing.css"])
def test_dotfiles_and_missing_files_are_not_found(shop: NginxProcess, files: Path, path: str) -> None:
    for name in (".env", ".git/config", "a/.hidden"):
        (files / name).parent.mkdir(exist_ok=True)
        (files / name).write_text("secret")
    answer = shop.ask(f"https://shop.test/static/{path}")
    assert (answer.status, answer.one("cache-control")) == (404, None)


@pytest.mark.parametrize("path", ["/static../app.sock", "/static/../env", "/static/%2e%2e/env", "/static", "/static/"])
def test_nothing_but_the_folder_is_served(shop: NginxProcess, tmp_path: Path, path: str) -> None:
    (tmp_path / "srv/shop/current/env").write_text("SECRET_KEY=secret")
    (tmp_path / "srv/shop/current/code/env").write_text("SECRET_KEY=secret")
    answer = shop.ask(f"https://shop.test{path}")
    assert b"SECRET_KEY" not in answer.body
    assert b"Index of" not in answer.body


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_app_that_is_away_leaves_a_friendly_page(shop: NginxProcess, method: str) -> None:
    answer = shop.ask("https://gone.test/", method, b"x" if method == "POST" else None)
    assert answer.status == 502
    assert b"Back in a moment" in answer.body
    assert (answer.one("retry-after"), answer.one("cache-control")) == ("10", "no-store")
    assert shop.ask("https://shop.test/.windlass/unavailable.html").status == 404


@pytest.mark.parametrize("status", [404, 500, 503])
def test_the_apps_own_errors_pass_through(shop: NginxProcess, status: int) -> None:
    answer = shop.ask(f"https://shop.test/{status}")
    assert (answer.status, json.loads(answer.body)["path"]) == (status, f"/{status}")


def test_a_body_over_the_limit_is_refused(shop: NginxProcess) -> None:
    assert shop.ask("https://shop.test/", "POST", b"x" * 1024).status == 200
    assert shop.ask("https://shop.test/", "POST", b"x" * 1025).status == 413


def test_a_switch_of_releases_needs_no_reload(shop: NginxProcess, tmp_path: Path) -> None:
    current = tmp_path / "srv/gone/current"
    current.parent.mkdir()
    assert shop.ask("https://gone.test/").status == 502
    current.symlink_to(tmp_path / "srv/shop/current")
    assert shop.ask("https://gone.test/").status == 200


def test_without_tls_the_app_is_served_on_port_80(start: Callable[[Host], NginxProcess]) -> None:
    process = start(host(tls={"mode": "off"}, apps={"shop": {}}))
    answer = process.ask("http://shop.test/")
    assert (answer.status, answer.one("strict-transport-security")) == (502, None)


@pytest.mark.parametrize(
    ("tls", "hsts"),
    [
        ({"mode": "letsencrypt"}, "max-age=63072000"),
        ({"mode": "letsencrypt", "hsts": "subdomains"}, "max-age=63072000; includeSubDomains"),
        ({"mode": "letsencrypt", "hsts": "preload"}, "max-age=63072000; includeSubDomains; preload"),
        ({"mode": "letsencrypt", "hsts": False}, None),
        ({"mode": "letsencrypt", "staging": True}, None),
        ({"mode": "self-signed"}, None),
    ],
)
def test_hsts_only_where_browsers_trust_the_certificate(
    tls: dict[str, Any], hsts: str | None, shop_with: Callable[..., NginxProcess]
) -> None:
    process = shop_with(host_tls=tls)
    assert process.ask("https://shop.test/").one("strict-transport-security") == hsts
    assert process.ask("http://shop.test/").one("strict-transport-security") is None


def test_the_placeholder_comes_before_the_site_and_the_reload_after_it() -> None:
    here = host(apps={"shop": {}})
    names = list(resources(site, here, apps(here)[0]))
    assert names == ["placeholder shop", "file /etc/nginx/sites-enabled/shop.conf", "reload shop"]


def test_what_the_app_writes_below_a_served_folder_is_served_by_the_app(
    shop_with: Callable[..., NginxProcess], tmp_path: Path
) -> None:
    shop = shop_with(data=["files/uploads", "files/feed.xml", "logs"])
    files = tmp_path / "srv/shop/current/code/files"
    (files / "uploads").mkdir()
    for name in ("uploads/a.png", "feed.xml", "uploads.css"):
        (files / name).write_text("not to be read by nginx")
    for path in ("/static/uploads/a.png", "/static/uploads", "/static/feed.xml", "/logs"):
        assert json.loads(shop.ask(f"https://shop.test{path}").body)["path"] == path
    assert shop.ask("https://shop.test/static/uploads.css").body == b"not to be read by nginx"
