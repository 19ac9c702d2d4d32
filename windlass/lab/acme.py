"""The lab's ACME server: Pebble in a container of its own, with the DNS that it believes."""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from windlass.errors import LabError
from windlass.lab import seed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from windlass.lab.engine import Engine

NAME = "acme.lab.test"
DIRECTORY_PORT, ROOTS_PORT, NAMES_PORT = PORTS = (14000, 15000, 8055)
CERTIFICATE_DAYS = 90
# No sleeps, and every renewal really proves the challenge again.
ENVIRONMENT = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_AUTHZREUSE": "0"}


@dataclass
class Acme:
    """The running ACME server; `ports` maps the ports inside to those on this machine's loopback.

    `directory_url` is for lab hosts, `ca_file` (on this machine) is what they must trust to speak to it.
    """

    container: str
    inner_address: str
    ports: dict[int, int]
    ca_file: Path
    engine: Engine = field(repr=False, compare=False)

    @property
    def directory_url(self) -> str:
        """The ACME directory as lab hosts reach it."""
        return f"https://{NAME}:{DIRECTORY_PORT}/dir"

    def roots(self) -> str:
        """PEM of the roots that issued certificates chain to; new at each start of the server."""
        return self._get(f"https://127.0.0.1:{self.ports[ROOTS_PORT]}/roots/0")

    def set_name(self, domain: str, inner_address: str) -> None:
        """Point a domain at a lab host, in place of what it pointed at."""
        self.clear_name(domain)
        self._tell("add-a", host=f"{domain}.", addresses=[inner_address])

    def break_name(self, domain: str) -> None:
        """Make the name server fail (SERVFAIL) for a domain until `clear_name`."""
        self._tell("set-servfail", host=f"{domain}.")

    def clear_name(self, domain: str) -> None:
        """Point a domain where all names point: at the first lab host."""
        self._tell("clear-servfail", host=f"{domain}.")
        self._tell("clear-a", host=f"{domain}.")

    def restart(self, environment: Mapping[str, str]) -> None:
        """Restart the server with more environment (PEBBLE_WFE_NONCEREJECT=20 ...): new roots, no accounts."""
        address = self.engine.run("exec", self.container, "sh", "-c", ". /etc/pebble/environment; echo $DEFAULT_IPV4")
        file = seed.archive({"/etc/pebble/environment": _environment(address.strip(), self.inner_address, environment)})
        self.engine.run("cp", "-", f"{self.container}:/", stdin=file)
        self.engine.run("restart", "--time=1", self.container)
        self.wait()

    def wait(self, seconds: float = 60) -> None:
        """Wait until the directory answers; raises LabError with the server's last words."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                self._get(f"https://127.0.0.1:{self.ports[DIRECTORY_PORT]}/dir")
                self.clear_name("ready.lab.test")
            except LabError:
                time.sleep(0.05)
            else:
                return
        said = self.engine.run("logs", "--tail=3", self.container).strip()
        raise LabError(
            f"the lab's ACME server did not answer within {seconds:g} s: {said}",
            hint=f"look at: {self.engine.name} logs {self.container}",
        )

    def _tell(self, what: str, **body: object) -> None:
        url = f"http://127.0.0.1:{self.ports[NAMES_PORT]}/{what}"
        self._get(urllib.request.Request(url, json.dumps(body).encode(), method="POST"))

    def _get(self, request: str | urllib.request.Request) -> str:
        """Ask the server directly: a proxy meant for the internet knows nothing of this machine's loopback."""
        trusted = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(self.ca_file)))
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), trusted)
        try:
            with opener.open(request, timeout=5) as answer:
                text: str = answer.read().decode()
        except OSError as error:
            why = error.reason if isinstance(error, urllib.error.URLError) else error
            raise LabError(f"the lab's ACME server does not answer: {why}", hint="run: ./deploy.py lab up") from None
        return text


def create_acme(acme: Acme, tag: str, options: list[str], default_address: str, identity: tuple[str, str]) -> None:
    """Create and start the ACME server; all names point at `default_address` unless `set_name` says else.

    `options` are the engine's for network and labels, `identity` is the endpoint's certificate and key.
    """
    publish = [f"--publish=127.0.0.1:{outer}:{inner}" for inner, outer in acme.ports.items()]
    name = ["--name", acme.container, "--hostname", "acme", "--restart=always"]
    acme.engine.run("create", *name, *options, *publish, "--entrypoint=/usr/sbin/lab-acme", tag)
    acme.engine.run("cp", "-", f"{acme.container}:/", stdin=_content(acme, default_address, identity))
    acme.engine.run("start", acme.container)


def _content(acme: Acme, default_address: str, identity: tuple[str, str]) -> bytes:
    settings = {
        "listenAddress": f"0.0.0.0:{DIRECTORY_PORT}",
        "managementListenAddress": f"0.0.0.0:{ROOTS_PORT}",
        "certificate": "/etc/pebble/endpoint.crt",
        "privateKey": "/etc/pebble/endpoint.key",
        "httpPort": 80,
        "tlsPort": 443,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": False,
        "certificateValidityPeriod": CERTIFICATE_DAYS * 86400,
    }
    return seed.archive(
        {
            "/etc/pebble/pebble.json": seed.File(json.dumps({"pebble": settings})),
            "/etc/pebble/endpoint.crt": seed.File(identity[0]),
            "/etc/pebble/endpoint.key": seed.File(identity[1], 0o600),
            "/etc/pebble/environment": _environment(default_address, acme.inner_address, {}),
            "/usr/sbin/lab-acme": seed.File((seed.HERE / "acme.sh").read_text(), 0o755),
        }
    )


def _environment(default_address: str, own_address: str, more: Mapping[str, str]) -> seed.File:
    values = {"DEFAULT_IPV4": default_address, "OWN_IPV4": own_address, **ENVIRONMENT, **more}
    return seed.File("".join(f"export {name}='{value}'\n" for name, value in values.items()))
