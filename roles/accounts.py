"""Accounts of people: their passwords, and what others may read of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass.resources import Directory, File, LoginDefs
from windlass.template import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.app import App
    from windlass.host import Host
    from windlass.resources import Resource

PACKAGES = ("debsums", "libpam-pwquality")

# Passwords that expire, and accounts that are locked after wrong ones, are left out: both can lock out who has a key.
LOGIN_DEFS = {
    "UMASK": "077",
    "HOME_MODE": "0700",
    # For what still makes hashes of this kind.
    "SHA_CRYPT_MIN_ROUNDS": "65536",
    "SHA_CRYPT_MAX_ROUNDS": "65536",
}
# Releases whose `login` knows it; others would take DES instead.
WITH_YESCRYPT = {("debian", "12"), ("debian", "13"), ("ubuntu", "24.04"), ("ubuntu", "26.04")}
# A host without sudo has nothing to check it with.
VISUDO = ("sh", "-c", "! command -v visudo || visudo -c -q")
CRON = ("cron.d", "cron.daily", "cron.hourly", "cron.monthly", "cron.weekly")


def accounts(host: Host, apps: list[App]) -> Iterator[Resource]:
    """Passwords that are hard to guess, from now on; nobody reads what others do. What is there stays usable."""
    if not host.settings.accounts.managed:
        return
    assert host.facts is not None  # noqa: S101 - roles run after HELLO
    yescrypt = (host.facts.os, host.facts.os_version) in WITH_YESCRYPT
    yield LoginDefs("/etc/login.defs", {**LOGIN_DEFS, **({"ENCRYPT_METHOD": "YESCRYPT"} if yescrypt else {})})
    # Not in its folder for additions, where OpenSCAP does not look.
    yield File("/etc/security/pwquality.conf", render("pwquality/windlass.conf"))
    yield File("/etc/profile.d/windlass-umask.sh", render("profile/umask.sh"))
    for name in CRON:
        yield Directory(f"/etc/{name}", mode=0o700)
    yield Directory("/etc/sudoers.d", mode=0o750)
    yield File("/etc/sudoers.d/windlass", render("sudo/windlass"), mode=0o440, verify=VISUDO)
    for name in ("issue", "issue.net"):
        yield File(f"/etc/{name}", render("issue/windlass"))
