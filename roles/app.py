"""An app's own user and folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass.agent.resources import Directory, File, User
from windlass.template import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.agent.resources import Resource
    from windlass.app import App
    from windlass.host import Host


def app(host: Host, app: App) -> Iterator[Resource]:
    """A user that nobody can log in as; code that it can read and not change; data that nobody else can read."""
    yield User(app.name, app.data)
    yield Directory(app.home, mode=0o751, group=app.name)
    yield Directory(f"{app.home}/releases", mode=0o751, group=app.name)
    yield Directory(f"{app.home}/venvs", mode=0o751, group=app.name)
    yield Directory(app.data, mode=0o700, owner=app.name, group=app.name)
    # /run is empty after a boot, and a folder that belonged to one instance would go when that instance stops.
    yield File(f"/etc/tmpfiles.d/{app.name}.conf", render("tmpfiles/app.conf.j2", sockets=app.sockets))
    yield Directory(app.sockets)
