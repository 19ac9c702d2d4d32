"""Certificates: certbot for the host, and what each app is served with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass.agent.resources import Absent, Certificate, Directory, File, SelfSigned, Unit
from windlass.settings import roots
from windlass.template import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.agent.resources import Resource
    from windlass.app import App
    from windlass.host import Host
    from windlass.settings import Settings

PACKAGES = ("certbot",)

OWN_CAS = "/etc/windlass/acme-ca"


def uses_certbot(settings: Settings) -> bool:
    """Whether an app of the host has its certificate from Let's Encrypt or another ACME CA."""
    return any(settings.tls_of(app).mode == "letsencrypt" for app in settings.apps.values())


def uses_tls(settings: Settings) -> bool:
    """Whether an app of the host is served over HTTPS."""
    return any(settings.tls_of(app).mode != "off" for app in settings.apps.values())


def certbot(host: Host, apps: list[App]) -> Iterator[Resource]:
    """Renewals by Debian's timer, after which nginx serves the new certificate."""
    settings = host.settings
    if not uses_certbot(settings):
        return
    hooks = "/etc/letsencrypt/renewal-hooks/deploy"
    yield Directory(hooks)
    yield File(f"{hooks}/windlass", render("certbot/reload-nginx.sh"), mode=0o755)
    service = Unit("certbot.service", runs=False)
    drop_in = "/etc/systemd/system/certbot.service.d/50-windlass.conf"
    if any(settings.tls_of(app).ca_file for app in settings.apps.values()):
        yield Directory(OWN_CAS)
        yield Directory("/etc/systemd/system/certbot.service.d")
        yield File(drop_in, render("certbot/own-ca.conf"), notify=[service])
    else:
        yield Absent(drop_in, notify=[service])
    yield service
    yield Unit("certbot.timer")


def tls(host: Host, app: App) -> Iterator[Resource]:
    """The app's certificate, which nginx serves when this is done."""
    settings = host.settings.tls_of(app.settings)
    domains = app.settings.domains
    if settings.mode == "self-signed":
        yield SelfSigned(app.name, domains)
    if settings.mode != "letsencrypt":
        return
    ca_file = f"{OWN_CAS}/{app.name}.pem"
    if settings.ca_file:
        yield File(ca_file, roots.read(settings.ca_file))
    else:
        yield Absent(ca_file)
    yield Certificate(
        app.name,
        domains,
        directory=settings.directory_url,
        email=settings.email,
        ca_file=ca_file if settings.ca_file else None,
        replace_trusted=settings.staging,
    )
