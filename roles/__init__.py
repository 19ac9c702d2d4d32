"""Roles: what a host must have, and what each of its apps must have. The order here is the order on the host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roles.accounts import accounts
from roles.app import app
from roles.base import base
from roles.firewall import firewall
from roles.kernel import kernel
from roles.nginx import nginx
from roles.release import release
from roles.site import site
from roles.ssh import ssh
from roles.tls import certbot, tls
from roles.updates import updates
from roles.venv import venv
from roles.visitors import visitors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from windlass.agent.resources import Resource
    from windlass.app import App
    from windlass.host import Host

    HostRole = Callable[[Host, list[App]], Iterator[Resource]]
    AppRole = Callable[[Host, App], Iterator[Resource]]

HOST_ROLES: dict[str, HostRole] = {
    "base": base,
    "ssh": ssh,
    "firewall": firewall,
    "updates": updates,
    "accounts": accounts,
    "kernel": kernel,
    "nginx": nginx,
    "certbot": certbot,
}
APP_ROLES: dict[str, AppRole] = {
    "app": app,
    "venv": venv,
    "release": release,
    "site": site,
    "tls": tls,
    "visitors": visitors,
}
