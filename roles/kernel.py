"""The kernel's own guards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass.agent.resources import Directory, File, Sysctl
from windlass.template import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.agent.resources import Resource
    from windlass.app import App
    from windlass.host import Host


def kernel(host: Host, apps: list[App]) -> Iterator[Resource]:
    """What processes and the network may do to each other; no core dumps."""
    if not host.settings.kernel.managed:
        return
    yield Sysctl("/etc/sysctl.d/60-windlass.conf", render("sysctl/windlass.conf"))
    yield Directory("/etc/modprobe.d")
    yield File("/etc/modprobe.d/windlass.conf", render("modprobe/windlass.conf"))
    yield Directory("/etc/security/limits.d")
    yield File("/etc/security/limits.d/50-windlass.conf", render("limits/windlass.conf"))
    yield Directory("/etc/systemd/coredump.conf.d")
    yield File("/etc/systemd/coredump.conf.d/50-windlass.conf", render("systemd/coredump.conf"))
    yield File("/etc/profile.d/windlass.sh", render("profile/windlass.sh"))
