"""What the role accounts declares."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from roles.accounts import VISUDO, accounts
from roles.base import base
from tests.roles.hosts import host, resources, text
from windlass.errors import HostError

if TYPE_CHECKING:
    from windlass.host import Host

PAM = "pam /usr/share/pam-configs"


def test_hashes_are_of_the_best_kind_that_the_release_knows() -> None:
    for release, method in {"11": None, "12": "YESCRYPT", "13": "YESCRYPT"}.items():
        found = resources(accounts, host(os_version=release))["logindefs /etc/login.defs"]
        assert found.settings.get("ENCRYPT_METHOD") == method
        assert found.settings["UMASK"] == "077"


def test_no_password_expires_unless_it_is_asked_for() -> None:
    found = resources(accounts, host())
    assert not any(name.startswith("PASS_") for name in found["logindefs /etc/login.defs"].settings)
    assert "passwordage root" not in found
    found = resources(accounts, host(accounts={"password_days": 365}))
    days = {name: value for name, value in found["logindefs /etc/login.defs"].settings.items() if "PASS" in name}
    assert days == {"PASS_MAX_DAYS": "365", "PASS_MIN_DAYS": "1"}
    assert found["passwordage root"].days == 365


def test_hashes_cost_what_the_host_has_memory_for() -> None:
    profile = resources(accounts, host())[PAM].profiles["windlass"]
    assert "rounds" not in profile
    profile = resources(accounts, host(accounts={"password_cost": 10}))[PAM].profiles["windlass"]
    assert profile.count("yescrypt rounds=10\n") == 2
    with pytest.raises(HostError) as refused:
        resources(accounts, host(accounts={"password_cost": 11}))
    assert str(refused.value) == (
        "`accounts.password_cost: 11` takes 1024 MiB for each look at a password, and the host has 2048 MiB of memory\n"
        "  A fourth of it at most: choose a lower cost, or leave the setting out."
    )


def test_sudo_has_the_umask_that_was_asked_for_alone() -> None:
    def umasks(here: Host) -> list[str]:
        found = resources(accounts, here)
        lines = [
            text(found[name]) for name in ("file /etc/profile.d/windlass-umask.sh", "file /etc/sudoers.d/windlass")
        ]
        words = [*lines[0].split()[-1:], *(line.split("=")[1] for line in lines[1].splitlines() if "umask=" in line)]
        return [found["logindefs /etc/login.defs"].settings["UMASK"], *words]

    assert umasks(host()) == ["077", "077"]
    assert umasks(host(accounts={"umask": "022"})) == ["022", "022", "0022"]


def test_a_sudo_that_knows_no_such_settings_is_left_as_it_is() -> None:
    assert "file /etc/sudoers.d/windlass" not in resources(accounts, host("ubuntu", "26.04"))
    with_it = host("debian", "13")
    assert with_it.facts
    with_it.facts.sudo_rs = True
    assert "file /etc/sudoers.d/windlass" not in resources(accounts, with_it)


def test_pam_can_be_left_as_it_is() -> None:
    assert PAM not in resources(accounts, host(accounts={"pam": False}))


def test_a_mistake_in_the_rules_of_sudo_is_put_back() -> None:
    found = resources(accounts, host())["file /etc/sudoers.d/windlass"]
    assert (found.mode, found.verify) == (0o440, VISUDO)
    assert subprocess.run(VISUDO, env={"PATH": "/nowhere"}, executable="/bin/sh").returncode == 0  # there is no sudo


def test_sudo_is_left_usable_for_programs() -> None:
    rules = resources(accounts, host())["file /etc/sudoers.d/windlass"].content.read().decode()
    assert not {"noexec", "requiretty"} & set(rules.split())


def test_it_can_be_left_to_others() -> None:
    off = host(accounts={"managed": False})
    assert resources(accounts, off) == {}
    assert not any("pwquality" in name for name in resources(base, off))
