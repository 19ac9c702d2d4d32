"""Security updates, and what uses them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass.agent.resources import Directory, File, Unit
from windlass.template import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.agent.resources import Resource
    from windlass.app import App
    from windlass.host import Host

PACKAGES = ("needrestart", "unattended-upgrades")


def updates(host: Host, apps: list[App]) -> Iterator[Resource]:
    """Security updates every day; services that use what was replaced are restarted."""
    if not host.settings.updates.managed:
        return
    yield File("/etc/apt/apt.conf.d/52windlass-updates", render("apt/unattended-upgrades"))
    yield Directory("/etc/needrestart/conf.d")
    yield File("/etc/needrestart/conf.d/windlass.conf", render("needrestart/windlass.conf"))
    yield Unit("apt-daily.timer")
    yield Unit("apt-daily-upgrade.timer")
