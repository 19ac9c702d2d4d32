"""Settings by their other name, beside variables of Ansible that have the first one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import errors, inventory, project
from windlass.errors import UsageError
from windlass.inventory import load

BESIDE = """
    web:
      hosts: {web1: , web2: {windlass_timezone: Europe/Paris}}
      vars:
        apps: [nginx, redis]
        tls: {cert: /etc/x.pem}
        host_key: /etc/ssh/key
        timezone: {name: CET}
        windlass_tls: off
        windlass_host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBf5YK6MTVF7E6ChqV74T0t5b1LqteHpUItlQR6C1FFg
        windlass_timezone: Europe/Berlin
        windlass_apps: {shop: {source: s, wsgi: 's:a', domains: ['{{ inventory_hostname }}.test']}}
    """


SECRET = "TOKEN looks like a secret, and the inventory is committed: ./deploy.py secrets set TOKEN"


def test_both_tools_read_their_own(tmp_path: Path) -> None:
    hosts = inventory(tmp_path, BESIDE).hosts
    settings = hosts["web1"].settings
    assert (settings.tls.mode, settings.timezone) == ("off", "Europe/Berlin")
    assert settings.apps["shop"].domains == ["web1.test"]
    assert hosts["web2"].settings.timezone == "Europe/Paris"
    assert (hosts["web1"].connect.host_key or "").startswith("ssh-ed25519 AAAA")
    assert hosts["web1"].variables["apps"] == ["nginx", "redis"]


def test_on_a_command_line(tmp_path: Path) -> None:
    folder = project(tmp_path, BESIDE) / "inventory"
    found = load(folder, ["windlass_apps.shop.health_timeout=7", "windlass_packages=[vim]"])
    assert found.hosts["web1"].settings.apps["shop"].health_timeout == 7
    assert found.hosts["web1"].settings.packages == ["vim"]
    found = load(folder, ["windlass_apps.shpo.ref=v2"])
    with pytest.raises(UsageError) as refused:
        found.check_extra_vars(found.hosts.values())
    assert str(refused.value).startswith("-e windlass_apps.shpo.ref: none of the chosen hosts has an app 'shpo'")


def test_mistakes_are_told_by_that_name(tmp_path: Path) -> None:
    text = """
        all:
          hosts: {h: }
          vars:
            apps: [x]
            windlass_apps: {shop: {source: s, wsgi: 's:a', domains: [a.test], env: {A: 0123, TOKEN: x}}}
            windlass_tls: {mod: off}
            windlass_timezon: UTC
            windlass_x: 1
        """
    assert errors(tmp_path, text) == [
        f"inventory/hosts.yml:{line}"
        for line in (
            "6:80: windlass_apps.shop.env.A: the value of A would not reach the app as it is written: put it in quotes",
            f"6:93: windlass_apps.shop.env.TOKEN: {SECRET}",
            "7:20: windlass_tls.mod: unknown setting; did you mean 'mode'?",
            "8:5: Windlass has no setting 'windlass_timezon'; did you mean 'windlass_timezone'?",
            "9:5: Windlass has no setting 'windlass_x': names with windlass_ before them are its own",
        )
    ]


def test_all_that_is_somebody_else_s_is_told_at_once(tmp_path: Path) -> None:
    found = errors(tmp_path, "all: {hosts: {h: {apps: {a: {port: 80}, b: {port: 81}}, tls: {cert: x}, serial: abc}}}")
    assert [line.split(": ")[1] for line in found] == ["apps", "tls.cert", "serial"]


def test_apps_by_the_other_name_that_are_none(tmp_path: Path) -> None:
    assert errors(tmp_path, "all: {hosts: {h: {apps: [x], windlass_apps: [y]}}}") == [
        "inventory/hosts.yml:1:45: windlass_apps: no apps of Windlass, each a mapping with source, wsgi and domains"
    ]
