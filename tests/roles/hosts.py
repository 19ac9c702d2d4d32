"""Hosts and apps as roles get them."""

from __future__ import annotations

from typing import Any

from windlass.app import App
from windlass.host import Connect, Facts, Host
from windlass.settings import Settings


def host(os: str = "debian", os_version: str = "12", *, ipv6: bool = False, **settings: Any) -> Host:
    """A host after HELLO; `apps` are given by name, with what differs from a plain app."""
    apps = {
        name: {"source": "app", "wsgi": "app:app", "domains": [f"{name}.test"], **app}
        for name, app in settings.pop("apps", {}).items()
    }
    facts = Facts(os, os_version, "", "x86_64", "3.11.2", 2, 2 << 30, ["192.0.2.7"], ipv6, "host", True, "6.1")
    return Host("host", [], Connect("host"), Settings(apps=apps, **settings), {}, facts)


def apps(host: Host) -> list[App]:
    """The apps of a host, without their code."""
    return [App(name, settings, None) for name, settings in host.settings.apps.items()]  # type: ignore[arg-type]


def resources(role: Any, host: Host, of: Any = None) -> dict[str, Any]:
    """What a role declares, by the resources' names."""
    return {resource.name: resource for resource in role(host, apps(host) if of is None else of)}


def text(resource: Any) -> str:
    """The text of a File."""
    return resource.content if isinstance(resource.content, str) else resource.content.read().decode()
