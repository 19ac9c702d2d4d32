"""Accounts of people: their passwords, and what others may read of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass.agent.resources import Directory, File, InitFiles, LoginDefs, Pam, PasswordAge
from windlass.errors import HostError
from windlass.template import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.agent.resources import Resource
    from windlass.app import App
    from windlass.host import Host
    from windlass.settings.accounts import Accounts

# Without cracklib's dictionary pwquality refuses every new password; it is only recommended.
PACKAGES = ("cracklib-runtime", "debsums", "libpam-pwquality")

LOGIN_DEFS = {
    "HOME_MODE": "0700",
    # For what still makes hashes of this kind.
    "SHA_CRYPT_MIN_ROUNDS": "65536",
    "SHA_CRYPT_MAX_ROUNDS": "65536",
}
# Releases whose `login` knows it; others would take DES instead.
WITH_YESCRYPT = {("debian", "12"), ("debian", "13"), ("ubuntu", "24.04"), ("ubuntu", "26.04")}
SUDOERS = "/etc/sudoers.d/windlass"
# Of ours alone: what others have there is theirs. A host without sudo has nothing to check it with.
VISUDO = ("sh", "-c", f"! command -v visudo >/dev/null || visudo -c -f {SUDOERS}")
# Their sudo is another one (sudo-rs), which knows none of these settings; others may have it as well.
WITH_OTHER_SUDO = {("ubuntu", "25.10"), ("ubuntu", "26.04")}
# The last so many, and for so many seconds. Seconds are ANSSI's, and short enough for who has mistyped.
WRONG_PASSWORDS = {"wrong": 3, "seconds": 900, "remembered": 5}
# Where they have to be changed at all, so that nobody is back at an old one after five changes.
LEAST_DAYS = 1
CRON = ("cron.d", "cron.daily", "cron.hourly", "cron.monthly", "cron.weekly")


def accounts(host: Host, apps: list[App]) -> Iterator[Resource]:
    """Passwords that are hard to guess, from now on; nobody reads what others do. What is there stays usable."""
    settings = host.settings.accounts
    if not settings.managed:
        return
    assert host.facts is not None  # noqa: S101 - roles run after HELLO
    release = (host.facts.os, host.facts.os_version)
    umask = settings.umask or "077"
    if settings.pam:
        yield Pam("/usr/share/pam-configs", _profiles(host, settings))
    defs = {**LOGIN_DEFS, "UMASK": umask}
    if release in WITH_YESCRYPT:
        defs["ENCRYPT_METHOD"] = "YESCRYPT"
    if settings.password_days:
        defs |= {"PASS_MAX_DAYS": str(settings.password_days), "PASS_MIN_DAYS": str(LEAST_DAYS)}
    yield LoginDefs("/etc/login.defs", defs)
    if settings.password_days:
        yield PasswordAge("root", settings.password_days)
    # Not in its folder for additions, where OpenSCAP does not look.
    yield File("/etc/security/pwquality.conf", render("pwquality/windlass.conf"))
    yield File("/etc/profile.d/windlass-umask.sh", render("profile/umask.sh.j2", umask=umask))
    for name in CRON:
        yield Directory(f"/etc/{name}", mode=0o700)
    yield InitFiles()
    yield Directory("/etc/sudoers.d", mode=0o750)
    if release not in WITH_OTHER_SUDO and not host.facts.sudo_rs:
        yield File(SUDOERS, render("sudo/windlass.j2", umask=settings.umask), mode=0o440, verify=VISUDO)
    for name in ("issue", "issue.net"):
        yield File(f"/etc/{name}", render("issue/windlass"))


def _profiles(host: Host, settings: Accounts) -> dict[str, str]:
    """Two of them, for what counts wrong passwords stands before and after whatever looks at passwords.

    Where passwords expire, keys do not with them; and auditors find the line `authsucc` that they look for. It is never
    reached: there it would skip a second factor that a service asks for later.
    """
    _refuse_costly_hashes(host, settings.password_cost)
    values = {"cost": settings.password_cost, "days": settings.password_days, **WRONG_PASSWORDS}
    return {name: render(f"pam/{name}.j2", **values) for name in ("windlass", "windlass-last")}


def _refuse_costly_hashes(host: Host, cost: int | None) -> None:
    """A host that has not the memory for its own hashes takes no password at all."""
    assert host.facts is not None  # noqa: S101 - roles run after HELLO
    needed = 2 ** (cost - 1) << 20 if cost else 0  # bytes, see crypt(5) and yescrypt's N and r for each cost
    if needed > host.facts.memory // 4:
        raise HostError(
            f"`accounts.password_cost: {cost}` takes {needed >> 20} MiB for each look at a password, and the host has "
            f"{host.facts.memory >> 20} MiB of memory",
            hint="A fourth of it at most: choose a lower cost, or leave the setting out.",
        )
