"""The files of a lab's folder that others read: for ssh, for curl, for the inventory, for the sample app."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from windlass.lab.acme import Acme
    from windlass.lab.host import LabHost

STATE = "state.json"
LOCK = "lock"
PRIVATE_KEY = "id_ed25519"
PUBLIC_KEY = "id_ed25519.pub"
KNOWN_HOSTS = "known_hosts"
SSH_CONFIG = "ssh_config"
HOSTS = "hosts.yml"
ACME_CA = "acme-ca.pem"
ROOTS = "roots.pem"
SAMPLE_ENVIRONMENT = "shortener.env"
CONTAINERS_CONF = "containers.conf"
OWN_APPS = "apps-{}.yml"  # of a host, by its name
ALL = (
    STATE, PRIVATE_KEY, PUBLIC_KEY, KNOWN_HOSTS, SSH_CONFIG, HOSTS, ACME_CA, ROOTS, SAMPLE_ENVIRONMENT,
    CONTAINERS_CONF, LOCK,
)  # fmt: skip
EMAIL = "admin@lab.test"


def write(path: Path, content: str, mode: int = 0o644) -> None:
    """Replace a file at once; one that has this content already is not touched."""
    if path.exists() and path.read_text() == content:
        return
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(content)
    new.replace(path)


def write_all(folder: Path, hosts: Iterable[LabHost], acme: Acme) -> None:
    """Bring all files up to date with the hosts that there are."""
    hosts = list(hosts)
    write(folder / KNOWN_HOSTS, "".join(f"{_known_as(host)} {host.host_key}\n" for host in hosts))
    write(folder / SSH_CONFIG, ssh_config(folder, hosts))
    write(folder / HOSTS, yaml.safe_dump(inventory(folder, hosts, acme), sort_keys=False))
    write(folder / ROOTS, acme.roots())
    if not (folder / SAMPLE_ENVIRONMENT).exists():
        write(folder / SAMPLE_ENVIRONMENT, f"SECRET_KEY={secrets.token_urlsafe(32)}\n", 0o600)


def ssh_config(folder: Path, hosts: Iterable[LabHost]) -> str:
    """For `ssh -F`: every host by its name, checked against the lab's own known_hosts."""
    lines = []
    for host in hosts:
        lines += [f"Host {host.name}", f"    HostName {host.address}", f"    Port {host.ssh_port}"]
    lines += [
        "Host *",
        "    User root",
        f'    IdentityFile "{folder / PRIVATE_KEY}"',
        "    IdentitiesOnly yes",
        f'    UserKnownHostsFile "{folder / KNOWN_HOSTS}"',
        "    GlobalKnownHostsFile /dev/null",
        "    StrictHostKeyChecking yes",
    ]
    return "\n".join([*lines, ""])


def inventory(folder: Path, hosts: Iterable[LabHost], acme: Acme) -> dict[str, Any]:
    """An Ansible inventory of the group `lab`, with Windlass's TLS settings for it."""
    settings = {
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(folder / PRIVATE_KEY),
        "tls": {
            "mode": "letsencrypt",
            "email": EMAIL,
            "directory_url": acme.directory_url,
            "ca_file": str(folder / ACME_CA),
        },
    }
    found = {
        host.name: {
            "ansible_host": host.address,
            "ansible_port": host.ssh_port,
            "host_key": host.host_key,
            **({"apps": apps} if (apps := own_apps(folder, host.name)) else {}),
        }
        for host in hosts
    }
    return {"all": {"children": {"lab": {"vars": settings, "hosts": found}}}}


def own_apps(folder: Path, host: str) -> dict[str, Any]:
    """The apps that a user has put on a host in place of the demo, by name; none = it has the demo."""
    path = folder / OWN_APPS.format(host)
    apps: dict[str, Any] = yaml.safe_load(path.read_text())["apps"] if path.exists() else {}
    return apps


def page(folder: Path, host: LabHost) -> str:
    """The domain that a visitor of a host asks for: that of the user's own app, else the demo's."""
    apps = own_apps(folder, host.name)
    return str(next(iter(apps.values()))["domains"][0]) if apps else host.page


def _environments(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("*.env")]


def _known_as(host: LabHost) -> str:
    return host.address if host.ssh_port == 22 else f"[{host.address}]:{host.ssh_port}"


def remove_all(folder: Path) -> None:
    """Remove what a lab has written, and the folders that are empty then."""
    for name in (*ALL, *(path.name for path in folder.glob(OWN_APPS.format("*"))), *_environments(folder)):
        (folder / name).unlink(missing_ok=True)
        (folder / f".{name}.new").unlink(missing_ok=True)
    for empty in (folder, folder.parent):
        if empty.name in (folder.name, ".windlass") and not any(empty.iterdir()):
            empty.rmdir()
