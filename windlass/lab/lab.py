"""A lab: some hosts and an ACME server on a network of their own, belonging to one folder."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from windlass.errors import LabError, UsageError
from windlass.lab import containers, files, image, key, network, seed
from windlass.lab.acme import Acme
from windlass.lab.engine import Engine
from windlass.lab.host import LabHost, create_host
from windlass.ssh import openssh

if TYPE_CHECKING:
    from pathlib import Path

    from windlass.lab.engine import Say

FORMAT = 1  # of state.json


@dataclass
class Lab:
    """What is up: `image` is that of its hosts unless said; `careful_password` is for sudo of user `careful`."""

    folder: Path
    image: str
    engine: Engine
    subnet: str
    acme: Acme
    careful_password: str = field(repr=False)
    hosts: list[LabHost] = field(default_factory=list)

    def host(self, name: str) -> LabHost:
        """The host of that name; raises UsageError if there is none."""
        for found in self.hosts:
            if found.name == name:
                return found
        raise UsageError(f"no lab host {name!r}", hint=f"there is: {', '.join(h.name for h in self.hosts)}")

    def add_host(self, name: str, *, image_name: str | None = None, say: Say = print) -> LabHost:
        """Create and start a bare host, an empty Debian as one rents it; it may still be booting (`wait`)."""
        image_name = image_name or self.image
        identity = key.new()
        host = LabHost(
            name=name,
            image=image_name,
            container=f"{containers.prefix(self.folder)}-{name}",
            inner_address=network.free_address(self.subnet, {other.inner_address for other in self.hosts}),
            host_key=identity.public,
            engine=self.engine,
        )
        login = seed.Login((self.folder / files.PUBLIC_KEY).read_text(), self.careful_password)
        suite = image.suite_of(image_name)
        content = seed.host(name, suite, identity, login, self.acme.inner_address)
        tag = image.host_image(self.engine, image_name, say)
        options = containers.options(self.engine, self.folder, host.inner_address)
        host = create_host(host, tag, options, content, {other.address for other in self.hosts})
        self.hosts.append(host)
        self.write()
        return host

    def remove_host(self, name: str) -> None:
        """Remove a host and every trace of it."""
        gone = self.host(name)
        containers.remove(self.engine, [gone.container])
        self.hosts.remove(gone)
        self.write()

    def states(self) -> dict[str, str]:
        """The engine's word ("running", "exited", "paused", ...) for each container of this lab, by its name."""
        return containers.states(self.engine, containers.label(self.folder))

    def ssh(self, name: str, argv: list[str]) -> int:
        """Run ssh to a host with the lab's own key and known_hosts; returns ssh's exit status."""
        self.host(name)
        return subprocess.run([openssh.program(), "-F", str(self.folder / files.SSH_CONFIG), name, *argv]).returncode

    def save(self) -> None:
        """Write the lab's own memory, readable by its owner only."""
        state = {"format": FORMAT, **_plain(self, without={"folder"})}
        files.write(self.folder / files.STATE, json.dumps(state, indent=1) + "\n", 0o600)

    def write(self) -> None:
        """Bring all files of the folder up to date, the lab's own memory before those that others read."""
        self.save()
        files.write_all(self.folder, self.hosts, self.acme)


def read(folder: Path) -> Lab | None:
    """The lab as its folder describes it, None if there is none.

    Raises LabError for a state that cannot be read.
    """
    file = folder / files.STATE
    if not file.exists():
        return None
    try:
        state = json.loads(file.read_text())
        if state.pop("format") != FORMAT:
            raise ValueError
        return _lab(folder, state)
    except (KeyError, TypeError, ValueError):
        raise LabError(
            f"{file} is damaged, or of another version of Windlass", hint="run first: ./deploy.py lab down"
        ) from None


def _lab(folder: Path, state: dict[str, Any]) -> Lab:
    known = state.pop("engine")
    engine = Engine(known["name"], tuple(known["command"]), known["environment"])
    acme = state.pop("acme")
    acme["ports"] = {int(inner): outer for inner, outer in acme["ports"].items()}
    return Lab(
        folder=folder,
        engine=engine,
        acme=Acme(**acme, ca_file=folder / files.ACME_CA, engine=engine),
        hosts=[LabHost(**host, engine=engine) for host in state.pop("hosts")],
        **state,
    )


def _plain(thing: Any, without: set[str]) -> dict[str, Any]:
    """The fields of a dataclass as JSON-like values."""
    named = {field.name: getattr(thing, field.name) for field in fields(thing) if field.name not in without}
    for name, value in named.items():
        if isinstance(value, Engine):
            named[name] = {**vars(value), "environment": dict(value.environment)}
        elif isinstance(value, Acme):
            named[name] = _plain(value, without={"engine", "ca_file"})
        elif name == "hosts":
            named[name] = [_plain(host, without={"engine"}) for host in value]
    return named
