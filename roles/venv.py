"""An app's Python packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roles.sandbox import building
from windlass.agent.resources import AppPackages, Venv
from windlass.agent.resources.content import Content

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.agent.resources import Resource
    from windlass.app import App
    from windlass.host import Host

PACKAGES = ("python3", "python3-venv")


def venv(host: Host, app: App) -> Iterator[Resource]:
    """A virtual environment for exactly these requirements, shared by all releases that have them."""
    assert host.facts is not None  # noqa: S101 - roles run after HELLO
    yield AppPackages([*PACKAGES, *sorted(app.settings.packages)], app=app.name)
    requirements = app.source.requirements
    interpreter = app.python(host.facts)
    yield Venv(
        app.venv(host.facts),
        group=app.name,
        like=f"{app.home}/current/venv",
        requirements=Content.of(requirements.text),
        constraints=Content.of(requirements.constraints),
        sandbox=building(host, app),
        gunicorn=app.gunicorn,
        hashed=requirements.hashed,
        python=interpreter.command,
        version=interpreter.version,
        told=interpreter.told,
    )
