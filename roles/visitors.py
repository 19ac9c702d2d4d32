"""What comes of it all: visitors of an app's domains meet the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass.agent.resources import Visited

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.agent.resources import Resource
    from windlass.app import App
    from windlass.host import Host


def visitors(host: Host, app: App) -> Iterator[Resource]:
    """Looked at last, at the host's own addresses: nothing is changed by it."""
    settings = app.settings
    tls = host.settings.tls_of(settings).mode != "off"
    yield Visited(app.name, settings.domains, settings.health_path or "", tls)
