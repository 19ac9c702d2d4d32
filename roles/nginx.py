"""nginx for the whole host: its configuration, and what visitors get who ask for a name that is no app's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from roles.tls import uses_tls
from windlass.agent.resources import (
    Absent,
    Directory,
    File,
    NginxSandbox,
    Placeholder,
    Reload,
    Restart,
    StockSite,
    Unit,
    UnknownNames,
)
from windlass.agent.resources.certificate import LINKS, OWN
from windlass.agent.resources.nginx import TEST
from windlass.template import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.agent.resources import Resource
    from windlass.app import App
    from windlass.host import Host

# The last of what nginx is given for the whole host.
UNKNOWN = "/etc/nginx/sites-enabled/00-unknown.conf"

PACKAGES = ("nginx", "openssl", "logrotate")

# The nginx of each release: its version decides on directives before it is installed. Any other release is taken to be
# newer than these.
VERSIONS = {
    ("debian", "11"): (1, 18, 0),
    ("debian", "12"): (1, 22, 1),
    ("debian", "13"): (1, 26, 3),
    ("ubuntu", "22.04"): (1, 18, 0),
    ("ubuntu", "24.04"): (1, 24, 0),
}
NEWER = (1, 28, 0)
# Releases whose OpenSSL (3.5) has a key exchange that holds against quantum computers, which Mozilla's guideline has
# first. Others would refuse its name.
WITH_HYBRID = {("debian", "13"), ("ubuntu", "25.10"), ("ubuntu", "26.04")}
HYBRID = "X25519MLKEM768"
CURVES = ("X25519", "prime256v1", "secp384r1")

# How long browsers insist on HTTPS (seconds), by the setting `hsts`; two years are what their own lists ask for.
YEARS = "max-age=63072000"
HSTS = {"on": YEARS, "subdomains": f"{YEARS}; includeSubDomains", "preload": f"{YEARS}; includeSubDomains; preload"}

DROP_IN = "/etc/systemd/system/nginx.service.d/50-windlass.conf"


def nginx(host: Host, apps: list[App]) -> Iterator[Resource]:
    """nginx with no app yet."""
    yield from _restrictions(host)
    reload = Reload("nginx")
    yield Directory("/var/www/windlass")
    yield File("/var/www/windlass/unavailable.html", render("nginx/unavailable.html"))
    yield Directory("/var/www/acme")
    yield Directory(LINKS)
    yield Directory(OWN, mode=0o700)
    values = listening(host)
    if not values["reject_handshake"]:
        yield Placeholder("nobody", ["nobody.invalid"])
    yield Directory("/etc/nginx/sites-enabled")
    yield StockSite("/etc/nginx/sites-enabled/default", notify=[reload])
    assert host.facts is not None  # noqa: S101 - roles run after HELLO
    hybrid = (host.facts.os, host.facts.os_version) in WITH_HYBRID
    curves = ":".join((HYBRID, *CURVES) if hybrid else CURVES)
    configuration = render("nginx/nginx.conf.j2", profile=host.settings.tls.profile, hsts=HSTS, curves=curves)
    yield File("/etc/nginx/nginx.conf", configuration, verify=TEST, notify=[reload])
    unknown = render("nginx/unknown.conf.j2", tls=uses_tls(host.settings), **values)
    yield UnknownNames(UNKNOWN, unknown, verify=TEST, notify=[reload])
    yield reload
    yield Unit("nginx.service")


def _restrictions(host: Host) -> Iterator[Resource]:
    """Before anything else of nginx is changed: what does not start with them serves as before."""
    restart = Restart("nginx")
    if host.settings.nginx_sandbox:
        yield Directory(os.path.dirname(DROP_IN))
        yield NginxSandbox(DROP_IN, render("systemd/nginx.conf"), notify=[restart])
    else:
        yield Absent(DROP_IN, notify=[restart])
    yield restart


def listening(host: Host) -> dict[str, Any]:
    """How this host's nginx listens: the addresses before a port, and the syntax that its version knows."""
    facts = host.facts
    assert facts is not None  # noqa: S101 - roles run after HELLO
    version = VERSIONS.get((facts.os, facts.os_version), NEWER)
    http2_directive = version >= (1, 25, 1)
    return {
        "addresses": ["", "[::]:"] if facts.ipv6 else [""],
        "http2_directive": http2_directive,
        "ssl": "ssl" if http2_directive else "ssl http2",
        "reject_handshake": version >= (1, 19, 4),
    }
