"""What a certification authority says of a certificate (OCSP) comes along with it, from a real responder."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.agent.resources.test_certificate import NAMES, tls  # noqa: F401 - a fixture
from tests.local_machine import converge
from tests.nginx_process import NginxProcess, free_port
from windlass.agent.resources import SelfSigned, certificate
from windlass.agent.resources.certificate import look_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def issued(tmp_path: Path) -> Iterator[Path]:
    """A folder with a certificate of a CA whose responder answers on a port of the loopback."""
    folder, port = tmp_path / "live", free_port()
    folder.mkdir()
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl(folder, "req", "-x509", *key, "-subj", "/CN=ca", "-keyout", "ca.key", "-out", "ca.pem")
    openssl(
        folder, "req", "-x509", *key, "-CA", "ca.pem", "-CAkey", "ca.key", "-subj", "/CN=shop.test",
        "-set_serial", "0x1234", "-keyout", "privkey.pem", "-out", "leaf.pem",
        "-addext", f"subjectAltName={','.join(f'DNS:{name}' for name in NAMES)}",
        "-addext", f"authorityInfoAccess=OCSP;URI:http://127.0.0.1:{port}",
    )  # fmt: skip
    (folder / "fullchain.pem").write_text((folder / "leaf.pem").read_text() + (folder / "ca.pem").read_text())
    (folder / "index.txt").write_text("V\t400101000000Z\t\t1234\tunknown\t/CN=shop.test\n")
    signer = ["-rsigner", "ca.pem", "-rkey", "ca.key", "-CA", "ca.pem"]
    argv = ["openssl", "ocsp", "-index", "index.txt", *signer, "-port", str(port), "-ndays", "1"]
    with subprocess.Popen(argv, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as responder:
        yield folder
        responder.terminate()


@pytest.fixture
def server(tmp_path: Path, tls: Path, issued: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NginxProcess]:  # noqa: F811
    """An nginx with that certificate, and no word of OCSP yet."""
    (tls / "shop").symlink_to(issued)
    process = NginxProcess(tmp_path)
    process.stand_in(monkeypatch)
    process.put(
        "/etc/nginx/nginx.conf",
        "pid /run/nginx.pid; error_log /var/log/nginx/error.log; events {} http { access_log off; server {"
        "listen 443 ssl; ssl_certificate /etc/nginx/tls/shop/fullchain.pem;"
        "ssl_certificate_key /etc/nginx/tls/shop/privkey.pem; include /etc/nginx/tls/shop.ocsp*; }}",
    )
    process.start()
    yield process
    process.stop()


def stapled(server: NginxProcess, visitors: int = 300) -> bool:
    """Whether one of the visitors gets the CA's word; nginx asks for it when the first one comes."""
    argv = ["openssl", "s_client", "-status", "-servername", "shop.test", "-connect", f"127.0.0.1:{server.https_port}"]
    for _ in range(visitors):
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if "OCSP Response Status: successful" in done.stdout:
            return "Cert Status: good" in done.stdout
        time.sleep(0.1)
    return False


class Issued(SelfSigned):
    """A certificate that is there, as certbot leaves it: it has only to be served."""

    def desired(self) -> dict[str, object]:
        return {"served": True}

    def actual(self) -> dict[str, object]:
        return {"served": self.served()}


def test_a_certificate_with_ocsp_is_served_with_it_and_another_without(server: NginxProcess, tls: Path) -> None:  # noqa: F811
    look = look_at(str(tls / "shop"))
    assert look is not None
    assert look.ocsp
    assert not stapled(server, 4)
    assert converge(Issued("shop", NAMES)) == ["served"]
    assert converge(Issued("shop", NAMES)) == []
    assert stapled(server)
    assert (tls / "shop.ocsp.conf").read_bytes() == certificate.STAPLING
    assert converge(SelfSigned("shop", NAMES)) == ["self-signed"]
    assert not (tls / "shop.ocsp.conf").exists()
    assert not stapled(server, 4)
