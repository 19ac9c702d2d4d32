"""The apt sources of lab hosts, made from those of this machine."""

from __future__ import annotations

import pytest

from windlass.lab import mirror

ENTRIES = """\
http://mirror.example/debian/ bookworm main Debian
http://mirror.example/debian/ bookworm contrib Debian
http://mirror.example/debian/ bookworm-updates main Debian
http://security.example/debian-security/ bookworm-security main Debian
http://mirror.example/debian/ bookworm-backports main Debian Backports
https://packages.example/docker bookworm stable Docker
https://packages.example/vpn bookworm main VPN Company
https://packages.example/node nodistro main Node
file:/srv/local bookworm main Debian
"""


def test_machine_sources_serve_another_suite() -> None:
    assert mirror.translate(ENTRIES, "bookworm", "trixie")[:3] == [
        "deb http://mirror.example/debian/ trixie main contrib",
        "deb http://mirror.example/debian/ trixie-updates main",
        "deb http://security.example/debian-security/ trixie-security main",
    ]


def test_sources_that_are_no_debian_mirror_are_left_out() -> None:
    text = "\n".join(mirror.translate(ENTRIES, "bookworm", "bookworm"))
    assert not [word for word in ("packages.example", "file:", "backports") if word in text]


def test_sources_are_taken_before_apt_was_ever_updated() -> None:
    never = "http://mirror.example/debian/ bookworm main \nhttps://packages.example/docker bookworm stable \n"
    assert mirror.translate(never, "bookworm", "trixie") == ["deb http://mirror.example/debian/ trixie main"]


def test_machine_with_another_release_has_no_sources_for_it() -> None:
    assert mirror.translate(ENTRIES, "noble", "bookworm") == []


@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
def test_sources_of_this_machine_have_security_and_a_keyring(suite: str) -> None:
    sources = mirror.sources(suite)
    assert any(f" {suite}-security " in line for line in sources)
    assert all(line.startswith(f"deb [signed-by={mirror.KEYRING}] http") for line in sources)


def test_settings_are_about_the_network_only() -> None:
    assert all(line.startswith("Acquire::") and line.endswith('";') for line in mirror.settings())


def test_proxy_of_the_environment_is_an_apt_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    assert 'Acquire::https::Proxy "http://proxy.example:3128";' in mirror.settings()
