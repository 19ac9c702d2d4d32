"""The firewall: what a host lets in, over IPv4 and IPv6 alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass.resources import Directory, File, Firewall, Unit
from windlass.settings.firewall import OPENING
from windlass.template import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.app import App
    from windlass.host import Host
    from windlass.resources import Resource

PACKAGES = ("nftables",)

# So many connections at once, for those who work on many things at a time; ssh-audit calls 20 a second too many.
BURST = 20


def firewall(host: Host, apps: list[App]) -> Iterator[Resource]:
    """SSH, the web and what is allowed come in, nothing else, now and after a boot."""
    settings = host.settings.firewall
    if not settings.managed:
        return
    assert host.facts is not None  # noqa: S101 - roles run after HELLO
    rules = render(
        "nftables/windlass.nft.j2",
        ssh_port=host.facts.ssh_port or 22,
        ssh_rate=settings.ssh_rate,
        burst=BURST,
        allow=[_rule(opening) for opening in settings.allow],
    )
    yield Directory("/etc/windlass")
    yield Firewall("/etc/windlass/firewall.nft", rules)
    unit = Unit("windlass-firewall.service", on_refresh="reload")
    service = render("systemd/windlass-firewall.service")
    yield File("/etc/systemd/system/windlass-firewall.service", service, notify=[unit])
    yield unit


def _rule(opening: str) -> str:
    """An opening as the settings have it, in nftables' words."""
    match = OPENING.fullmatch(opening)
    assert match is not None  # noqa: S101 - the settings have seen to it
    ports = f"{match['first']}-{match['last']}" if match["last"] else match["first"]
    source = match["source"]
    family = "" if not source else f"{'ip6' if ':' in source else 'ip'} saddr {source} "
    return f"{family}{match['protocol'] or 'tcp'} dport {ports} accept"
