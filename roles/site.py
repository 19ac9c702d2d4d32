"""An app's place in nginx: one server block file, so that a mistake in one app's never touches another's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roles.nginx import listening
from windlass.agent.resources import File, Placeholder, Reload
from windlass.agent.resources.nginx import TEST
from windlass.settings.data import lies_below
from windlass.template import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.agent.resources import Resource
    from windlass.app import App
    from windlass.host import Host
    from windlass.settings import AppSettings


def site(host: Host, app: App) -> Iterator[Resource]:
    """The app's domains lead to its socket; nginx cannot load that without some certificate, hence a placeholder."""
    settings = app.settings
    tls = host.settings.tls_of(settings)
    if tls.mode != "off":
        yield Placeholder(app.name, settings.domains)
    configuration = render(
        "nginx/site.conf.j2",
        name=app.name,
        home=app.home,
        domains=settings.domains,
        static=settings.static,
        own=dict.fromkeys(_written(settings), False) | dict.fromkeys(settings.websockets, True),
        body_limit=settings.nginx.body_limit,
        proxy_timeout=settings.nginx.proxy_timeout,
        tls=tls.mode != "off",
        # A browser that has seen this header insists on a certificate that it trusts.
        hsts=tls.hsts if tls.mode == "letsencrypt" and not tls.staging else "off",
        limits=settings.limits,
        limited=settings.limits.requests_per_second or settings.limits.connections,
        # What nginx takes as a part of its variables' names.
        key=app.name.replace("-", "_"),
        **listening(host),
    )
    reload = Reload(app.name)
    yield File(f"/etc/nginx/sites-enabled/{app.name}.conf", configuration, verify=TEST, notify=[reload])
    yield reload


def _written(settings: AppSettings) -> list[str]:
    """The URL paths of what the app writes below folders that nginx serves."""
    return [
        prefix + path.rstrip("/").removeprefix(folder)
        for path in settings.data
        for prefix, folder in settings.static.items()
        if lies_below(path, folder)
    ]
