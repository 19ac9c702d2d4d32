"""The firewall: what a host lets in, over IPv4 and IPv6 alike."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from windlass.agent.resources import Directory, File, Firewall, NoFirewall, Unit
from windlass.agent.resources.firewall import PATH
from windlass.settings.firewall import OPENING
from windlass.template import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.agent.resources import Resource
    from windlass.app import App
    from windlass.host import Host

PACKAGES = ("nftables",)

UNIT = "/etc/systemd/system/windlass-firewall.service"
DROP_IN = "/etc/systemd/system/nftables.service.d/50-windlass.conf"
# So many connections at once, for those who work on many things at a time; ssh-audit calls 20 a second too many.
BURST = 20


def firewall(host: Host, apps: list[App]) -> Iterator[Resource]:
    """SSH, the web and what is allowed come in, nothing else, now and after a boot.

    Left to others, nothing of it stays: two firewalls on a host let in only what both do.
    """
    settings = host.settings.firewall
    if not settings.managed:
        yield NoFirewall(PATH, UNIT, DROP_IN)
        return
    assert host.facts is not None  # noqa: S101 - roles run after HELLO
    ssh_ports = sorted({*host.facts.ssh_ports, host.facts.ssh_port or 22})
    rules = render(
        "nftables/windlass.nft.j2",
        ssh_ports=ssh_ports,
        ports=sorted({*ssh_ports, 80, 443}),
        ssh_rate=settings.ssh_rate,
        burst=BURST,
        allow=[_rule(opening) for opening in settings.allow],
    )
    yield Directory(os.path.dirname(PATH))
    yield Firewall(PATH, rules)
    unit = Unit(os.path.basename(UNIT), on_refresh="reload")
    yield File(UNIT, render("systemd/windlass-firewall.service"), notify=[unit])
    yield Directory(os.path.dirname(DROP_IN))
    yield File(DROP_IN, render("systemd/nftables.conf"), notify=[unit])
    yield unit


def _rule(opening: str) -> str:
    """An opening as the settings have it, in nftables' words."""
    match = OPENING.fullmatch(opening)
    assert match is not None  # noqa: S101 - the settings have seen to it
    ports = f"{match['first']}-{match['last']}" if match["last"] else match["first"]
    source = match["source"]
    family = "" if not source else f"{'ip6' if ':' in source else 'ip'} saddr {source} "
    return f"{family}{match['protocol'] or 'tcp'} dport {ports} accept"
