"""What any host needs: the packages of all roles, its time zone, clock and locale, a journal within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roles.accounts import PACKAGES as ACCOUNTS
from roles.firewall import PACKAGES as FIREWALL
from roles.nginx import PACKAGES as NGINX
from roles.tls import PACKAGES as CERTBOT
from roles.tls import uses_certbot, uses_tls
from roles.updates import PACKAGES as UPDATES
from roles.venv import PACKAGES as VENV
from windlass.agent.resources import Directory, File, Locale, Packages, PublicFiles, TimeZone, Unit, WebPorts
from windlass.template import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.agent.resources import Resource
    from windlass.app import App
    from windlass.host import Host
    from windlass.settings import Settings

PACKAGES = ("ca-certificates", "tzdata")
# Root's logins make files for root alone (umask 077), and vendors' pages do not think of that: apt's own user has to
# read keys.
PUBLIC = (
    *("/etc/apt/keyrings", "/etc/apt/trusted.gpg.d", "/usr/share/keyrings", "/usr/local/share/keyrings"),
    "/usr/local/share/ca-certificates",
)
MEANT_FOR_ALL = (
    *("/etc/apt/sources.list.d", "/etc/environment", "/etc/gitconfig", "/etc/hosts", "/etc/pip.conf"),
    *("/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt"),
)
# Each of them keeps the clock right and drives the others out.
CLOCK = "systemd-timesyncd|chrony|ntpsec|ntp|openntpd"

# tzdata's own name for it; its upgrades put /etc/localtime back to that.
ZONES = {"UTC": "Etc/UTC", "GMT": "Etc/GMT"}
# Releases that keep the zone's name in /etc/timezone as well; newer ones have the link alone.
WITH_NAME = {("debian", "11"), ("debian", "12"), ("ubuntu", "22.04"), ("ubuntu", "24.04")}


def base(host: Host, apps: list[App]) -> Iterator[Resource]:
    """The base of a host; the packages of all roles come in one run of apt, which takes most of a first run's time."""
    yield WebPorts([80, 443] if uses_tls(host.settings) else [80])
    yield PublicFiles(PUBLIC, told=MEANT_FOR_ALL)
    yield Packages(_packages(host.settings))
    yield from _time_zone(host)
    if host.settings.locale:
        yield Locale(host.settings.locale)
    if host.settings.journald_max_use != "off":
        yield from _journal(host.settings.journald_max_use)


def _packages(settings: Settings) -> list[str]:
    names = {*PACKAGES, *NGINX, *VENV, *settings.packages}
    if uses_certbot(settings):
        names.update(CERTBOT)
    if settings.locale:
        names.add("locales")
    if settings.firewall.managed:
        names.update(FIREWALL)
    if settings.updates.managed:
        names.update(UPDATES)
    if settings.accounts.managed:
        names.update(ACCOUNTS)
    if settings.time_sync.managed:
        names.add(CLOCK)
    return sorted(names)


def _time_zone(host: Host) -> Iterator[Resource]:
    assert host.facts is not None  # noqa: S101 - roles run after HELLO
    zone = ZONES.get(host.settings.timezone, host.settings.timezone)
    yield TimeZone("/etc/localtime", f"/usr/share/zoneinfo/{zone}")
    if (host.facts.os, host.facts.os_version) in WITH_NAME:
        yield File("/etc/timezone", f"{zone}\n")


def _journal(max_use: str) -> Iterator[Resource]:
    journald = Unit("systemd-journald.service")
    yield Directory("/etc/systemd/journald.conf.d")
    limits = render("journald/limits.conf.j2", max_use=max_use)
    yield File("/etc/systemd/journald.conf.d/50-windlass.conf", limits, notify=[journald])
    yield journald
