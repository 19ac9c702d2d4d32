"""What the base role declares."""

from __future__ import annotations

from roles.base import base
from tests.roles.hosts import host, resources, text


def test_all_packages_come_in_one_run_of_apt() -> None:
    found = resources(base, host(packages=["htop"], apps={"shop": {}}))
    (packages,) = (resource for name, resource in found.items() if name.startswith("packages "))
    assert {"ca-certificates", "certbot", "htop", "nginx", "python3-venv", "unattended-upgrades"} <= set(packages.names)


def test_certbot_comes_only_where_it_gets_certificates() -> None:
    for tls in ("self-signed", "off"):
        found = resources(base, host(tls={"mode": tls}, apps={"shop": {}}))
        assert not any("certbot" in name for name in found)
    mixed = host(tls={"mode": "off"}, apps={"shop": {"tls": {"mode": "letsencrypt"}}, "blog": {}})
    assert any("certbot" in name for name in resources(base, mixed))


def test_time_zone_has_the_name_that_tzdata_gives_it() -> None:
    assert resources(base, host())["link /etc/localtime"].target == "/usr/share/zoneinfo/Etc/UTC"
    found = resources(base, host(timezone="Europe/Berlin"))
    assert found["link /etc/localtime"].target == "/usr/share/zoneinfo/Europe/Berlin"
    assert text(found["file /etc/timezone"]) == "Europe/Berlin\n"


def test_debian_13_has_no_etc_timezone() -> None:
    assert "file /etc/timezone" not in resources(base, host(os_version="13"))


def test_packages_of_a_part_come_only_with_it() -> None:
    off = {"managed": False}
    (name,) = (
        name for name in resources(base, host(updates=off, firewall=off, time_sync=off)) if name.startswith("packages ")
    )
    assert not {"unattended-upgrades", "needrestart", "nftables", "systemd-timesyncd"} & set(name.split())


def test_journal_has_a_limit() -> None:
    found = resources(base, host(journald_max_use="123M"))
    assert "SystemMaxUse=123M\n" in text(found["file /etc/systemd/journald.conf.d/50-windlass.conf"])
    assert not any("journald" in name for name in resources(base, host(journald_max_use=False)))


def test_locale_is_left_as_it_is_unless_said() -> None:
    assert not any("locale" in name.split()[0] for name in resources(base, host()))
    found = resources(base, host(locale="en_GB.UTF-8"))
    assert "locale en_GB.UTF-8" in found
    assert any("locales" in name for name in found if name.startswith("packages "))
