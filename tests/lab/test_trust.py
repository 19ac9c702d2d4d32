"""What a lab host is given to reach the network as this machine does; with real certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from windlass.lab import certificate, trust

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def certificates() -> list[str]:
    """Four CA certificates."""
    return [certificate.endpoint("acme.lab.test", "192.0.2.1")[0] for _ in range(4)]


def test_extra_certificates_are_those_that_the_distribution_does_not_ship(certificates: list[str]) -> None:
    debian, distrusted, company, proxy = certificates
    bundle = f"# Debian\n{debian}{company}\n# and a proxy\n{proxy}{company}"
    assert trust.extra_certificates(bundle, [debian, distrusted]) == [company, proxy]


def test_extra_certificates_compare_content_not_layout(certificates: list[str]) -> None:
    first = certificates[0]
    assert trust.extra_certificates(first.replace("\n", "\r\n"), [f"Subject: somebody\n{first}"]) == []


def test_no_certificate_no_extra(certificates: list[str]) -> None:
    assert trust.extra_certificates("", certificates) == []


def test_this_machines_own_certificates_are_no_part_of_debian() -> None:
    shipped = {pem for file in trust.SHIPPED.rglob("*.crt") for pem in trust.PEM.findall(file.read_text())}
    assert not shipped & {pem.strip() for pem in trust.own_certificates()}


def write(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


def test_pip_conf_keeps_what_a_host_can_reach(tmp_path: Path) -> None:
    conf = write(
        tmp_path / "pip.conf",
        "[global]\nindex-url = https://mirror.example/simple\nextra-index-url = file:///srv/wheels https://b.example/\n"
        "find_links = /srv/more\ncert = /etc/company.pem\n[install]\ntimeout = 60\n[list]\nformat = columns\n",
    )
    assert trust.pip_conf({}, [conf]) == (
        "[global]\nindex-url = https://mirror.example/simple\nextra-index-url = https://b.example/\ntimeout = 60\n"
    )


def test_pip_environment_wins_over_files(tmp_path: Path) -> None:
    first = write(tmp_path / "first.conf", "[global]\nproxy = http://old.example:3128\n")
    second = write(tmp_path / "second.conf", "[global]\nproxy = http://new.example:3128\n")
    assert trust.pip_conf({}, [first, second]) == "[global]\nproxy = http://new.example:3128\n"
    environment = {"PIP_PROXY": "http://own.example:3128", "PIP_DEFAULT_TIMEOUT": "90"}
    assert trust.pip_conf(environment, [first]) == "[global]\nproxy = http://own.example:3128\ntimeout = 90\n"


def test_no_pip_settings_no_pip_conf(tmp_path: Path) -> None:
    assert trust.pip_conf({"PIP_FIND_LINKS": "/srv/wheels"}, [tmp_path / "absent"]) is None


def test_login_environment_has_proxies_and_the_bundle() -> None:
    environment = {"https_proxy": "http://proxy.example:3128", "NO_PROXY": ".example", "PATH": "/bin"}
    assert trust.login_environment(environment, certificates=True) == (
        "https_proxy=http://proxy.example:3128\nNO_PROXY=.example\nSSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt\n"
    )
    assert trust.login_environment({}, certificates=False) == ""


@pytest.mark.parametrize(
    ("proxy", "found"),
    [
        ("http://127.0.0.1:3128", True),
        ("http://user:word@localhost:3128", True),
        ("http://[::1]:3128", True),
        ("http://proxy.example:3128", False),
        ("http://10.127.0.1:3128", False),
    ],
)
def test_loopback_proxies_are_out_of_reach(proxy: str, found: bool) -> None:
    assert trust.unreachable_proxies({"HTTPS_PROXY": proxy}) == ([proxy] if found else [])
