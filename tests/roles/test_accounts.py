"""What the role accounts declares."""

from __future__ import annotations

import subprocess

from roles.accounts import VISUDO, accounts
from roles.base import base
from tests.roles.hosts import host, resources


def test_hashes_are_of_the_best_kind_that_the_release_knows() -> None:
    for release, method in {"11": None, "12": "YESCRYPT", "13": "YESCRYPT"}.items():
        found = resources(accounts, host(os_version=release))["logindefs /etc/login.defs"]
        assert found.settings.get("ENCRYPT_METHOD") == method
        assert found.settings["UMASK"] == "077"


def test_no_password_expires_for_that_shuts_keys_out_as_well() -> None:
    found = resources(accounts, host())["logindefs /etc/login.defs"]
    assert not any(name.startswith("PASS_") for name in found.settings)


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
