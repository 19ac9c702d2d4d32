"""A lab's life: up, found again, down."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from windlass.errors import LabError
from windlass.lab import certificate, containers, engine, files, key, limits, network, trust
from windlass.lab import lab as labs
from windlass.lab.acme import NAME, PORTS, Acme, create_acme
from windlass.lab.image import acme_image, host_image, suite_of
from windlass.lab.lab import Lab
from windlass.lab.lock import locked
from windlass.lab.place import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from windlass.lab.engine import Say

OTHER = "another lab command to finish"
DEFAULT_IMAGE = "debian:12"


def up(folder: Path, *, image: str | None = None, hosts: int = 1, say: Say = print) -> Lab:
    """Bring up what is missing of a lab: hosts lab, lab2, lab3 ... and the ACME server; idempotent.

    `image` None is what the lab runs already, Debian 12 in a new one.
    """
    if image:
        suite_of(image)
    folder = folder.resolve()
    with locked(folder / files.LOCK, say, OTHER):
        lab = labs.read(folder)
        if lab and image and lab.image != image:
            raise LabError(f"the lab is up with {lab.image}, not {image}", hint="run first: ./deploy.py lab down")
        lab = lab or _new(folder, image or DEFAULT_IMAGE, say)
        _revive(lab, say)
        wanted = ["lab", *(f"lab{number}" for number in range(2, hosts + 1))]
        missing = [name for name in wanted if name not in {host.name for host in lab.hosts}]
        _warn(lab, missing, say)
        for name in missing:
            say(f"starting lab host {name} ({lab.image})")
            lab.add_host(name, say=say)
        for host in lab.hosts:
            host.wait()
        lab.acme.wait()
        for host in lab.hosts:  # the name server forgets them when it is started again
            lab.acme.set_name(files.page(folder, host), host.inner_address)
        lab.write()
    return lab


def load(folder: Path) -> Lab:
    """The lab of that folder; raises LabError if it is not up."""
    lab = labs.read(folder.resolve())
    if lab is None:
        raise LabError("the lab is not up", hint="run: ./deploy.py lab up")
    return lab


def down(folder: Path, say: Say = print) -> None:
    """Remove all that a lab has left anywhere but the image cache; safe when there is nothing."""
    folder = folder.resolve()
    if folder.is_dir():
        with locked(folder / files.LOCK, say, OTHER):
            _clear(folder, say)
            files.remove_all(folder)
    else:
        _clear(folder, say)


def _clear(folder: Path, say: Say) -> None:
    """Remove a lab's containers and networks from every engine that works here, whatever our files say."""
    for found in engine.working():
        names = containers.states(found, containers.label(folder))
        if names:
            say(f"removing {', '.join(sorted(names))}")
        containers.remove(found, names)
        containers.remove_networks(found, folder)


def _new(folder: Path, image: str, say: Say) -> Lab:
    """A lab with an ACME server and no host yet."""
    found = engine.find(say)
    _clear(folder, say)
    for proxy in trust.unreachable_proxies():
        say(f"the proxy {proxy} listens on this machine only: lab hosts will not reach it")
    tag = host_image(found, image, say)
    trial = f"{containers.prefix(folder)}-trial"
    fitting = engine.fit(found, tag, folder, trial, "--label", containers.label(folder))
    server_tag = acme_image(fitting, image, tag, say)
    user = key.new()
    files.write(folder / files.PRIVATE_KEY, user.private, 0o600)
    files.write(folder / files.PUBLIC_KEY, f"{user.public} windlass-lab\n")
    subnet = network.ensure(fitting, containers.prefix(folder), containers.label(folder))
    acme = Acme(
        container=f"{containers.prefix(folder)}-acme",
        inner_address=network.address(subnet, network.ACME_NUMBER),
        ports={port: free_port("127.0.0.1") for port in PORTS},
        ca_file=folder / files.ACME_CA,
        engine=fitting,
    )
    _start_acme(folder, acme, subnet, server_tag)
    lab = Lab(folder, image, fitting, subnet, acme, careful_password=secrets.token_urlsafe(16))
    lab.write()
    return lab


def _start_acme(folder: Path, acme: Acme, subnet: str, tag: str) -> None:
    authority, *identity = certificate.endpoint(NAME, acme.inner_address)
    files.write(folder / files.ACME_CA, authority)
    first_host = network.address(subnet, network.FIRST_HOST_NUMBER)
    create_acme(
        acme, tag, containers.options(acme.engine, folder, acme.inner_address), first_host, (identity[0], identity[1])
    )
    acme.wait()


def _revive(lab: Lab, say: Say) -> None:
    """Start what has stopped, forget what is gone, remove what a creation cut short has left."""
    found = lab.states()
    ours = {lab.acme.container, *(host.container for host in lab.hosts)}
    containers.remove(lab.engine, found.keys() - ours)
    if lab.acme.container not in found:
        say("the ACME server is gone: making it again")
        tag = acme_image(lab.engine, lab.image, host_image(lab.engine, lab.image, say), say)
        _start_acme(lab.folder, lab.acme, lab.subnet, tag)
    for host in [host for host in lab.hosts if host.container not in found]:
        say(f"lab host {host.name} is gone: forgetting it")
        lab.hosts.remove(host)
    names = {lab.acme.container: "the ACME server"} | {host.container: f"lab host {host.name}" for host in lab.hosts}
    for container, name in names.items():
        if found.get(container, "running") != "running":
            say(f"starting {name} again")
            lab.engine.run("unpause" if found[container] == "paused" else "start", container)


def _warn(lab: Lab, missing: list[str], say: Say) -> None:
    running = containers.states(lab.engine, containers.KEY) if missing else {}
    if missing and (warning := limits.warning(len(running) + len(missing))):
        say(warning)
