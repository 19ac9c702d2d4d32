"""Certificates as nginx serves them: `/etc/nginx/tls/APP` is a link to a folder with the chain and its key.

nginx's configuration names the link, so it never changes: a link to a self-signed placeholder lets nginx start before
there is a certificate, and replacing the link brings in the real one.
"""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from windlass.agent import files
from windlass.agent.failures import Failed
from windlass.agent.nginx.directives import read
from windlass.agent.nginx.reach import in_front
from windlass.agent.nginx.visits import over_tls
from windlass.agent.resources import nginx
from windlass.agent.resources.resource import Diff, Resource, State

if TYPE_CHECKING:
    from collections.abc import Sequence

LINKS = "/etc/nginx/tls"
OWN = "/etc/nginx/self-signed"
CHAIN = "fullchain.pem"
KEY = "privkey.pem"
ADDRESS = ("127.0.0.1", 443)

# nginx warns of a certificate without OCSP, hence a file of its own.
STAPLING = b"ssl_stapling on;\n"

# Apple's systems refuse certificates that are valid for more than 825 days.
SELF_SIGNED_DAYS = 800
# With less of its life left, a certificate should have been renewed long since: certbot's timer begins at a third.
LATE = 0.25
WEEK = 7 * 86400  # seconds
# How long the old certificate may be served after a reload: nginx's old workers still accept for a moment (seconds).
PATIENCE = 5

# ssl has names for these flags of OpenSSL from Python 3.10 on: trust a certificate that is no CA; ignore its dates.
PARTIAL_CHAIN = 0x80000
NO_CHECK_TIME = 0x200000


@dataclass
class Look:
    """What is in a certificate; times are Unix times, `issuer` is a common name or an organization.

    `ocsp`: it names a server of its certification authority that says whether it is still good; `self_signed`: it has
    no certification authority.
    """

    names: list[str]
    issuer: str
    begins: float
    expires: float
    ocsp: bool = False
    self_signed: bool = False

    @property
    def fresh(self) -> bool:
        """Whether more of its life is left than a timely renewal would leave."""
        return self.expires - time.time() > LATE * (self.expires - self.begins)

    @property
    def late(self) -> bool:
        """Whether it expires within a week, or has, and that is not because its whole life is short."""
        return not self.fresh and self.expires - time.time() < WEEK


@dataclass(eq=False)
class Served(Resource):
    """A certificate for the domains `names` that nginx serves for an app; the base of all kinds."""

    app: str
    names: Sequence[str]
    wavering = ("fresh", "served", "usable")

    @property
    def link(self) -> str:
        """The folder that nginx's configuration names."""
        return f"{LINKS}/{self.app}"

    def look(self, folder: str) -> Look | None:
        """What `look_at` says, once in a run as long as nothing changes."""
        folder = os.path.realpath(folder)
        return self.machine.probe(("certificate", folder), lambda: look_at(folder))

    def notes(self) -> dict[str, Any]:
        look = self.look(self.link)
        if look is None:
            return {}
        expires = time.strftime("%Y-%m-%d", time.gmtime(look.expires))
        return {"url": f"https://{self.names[0]}/", "expires": expires, "issuer": look.issuer}

    @property
    def stapling(self) -> str:
        """The file that has nginx pass on what the certification authority says of the certificate (OCSP)."""
        return f"{self.link}.ocsp.conf"

    def served(self) -> bool:
        """Whether nginx serves the certificate that the link leads to, with OCSP where it is offered."""
        if os.path.lexists(self.stapling) != self._offers_ocsp():
            return False
        try:
            with socket.create_connection(ADDRESS, timeout=5) as connection, over_tls(connection, self.names[0]) as tls:
                return tls.getpeercert(binary_form=True) == leaf(self.link)
        except OSError:
            return False

    def serve(self) -> None:
        """Reloads nginx and waits until it serves the certificate; raises Failed when it does not."""
        if self._offers_ocsp():
            files.write(self.stapling, STAPLING)
        else:
            with suppress(FileNotFoundError):
                os.unlink(self.stapling)
        nginx.reload(self.machine)
        deadline = time.monotonic() + PATIENCE
        while not self.served():
            if time.monotonic() > deadline:
                hiding = in_front(read(), self.app, self.names[0])
                where = f"the server block at {hiding.place}" if hiding else "`nginx -T` shows which server block"
                raise Failed(
                    f"nginx serves another certificate for {self.names[0]} than {self.link}/{CHAIN}",
                    hint=f"{where} answers to {self.names[0]} on port 443.",
                )
            time.sleep(0.05)

    def _offers_ocsp(self) -> bool:
        look = look_at(self.link)
        return look is not None and look.ocsp

    def self_sign(self) -> None:
        """Makes a self-signed certificate and lets the link lead to it."""
        folder = self.own_folder()
        names = ",".join(f"DNS:{name}" for name in self.names)
        self.machine.run([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", str(SELF_SIGNED_DAYS), "-subj", "/CN=self-signed", "-addext", f"subjectAltName={names}",
            "-keyout", f"{folder}/{KEY}", "-out", f"{folder}/{CHAIN}",
        ])  # fmt: skip
        self.lead_to(folder)

    def own_folder(self) -> str:
        """A new folder for a certificate that no CA keeps for us; only root can look in."""
        return tempfile.mkdtemp(prefix=f"{self.app}.", dir=OWN)

    def lead_to(self, folder: str) -> None:
        """Replaces the link, and removes our own folders that it does not lead to."""
        files.link(self.link, folder)
        for name in os.listdir(OWN):
            if name.startswith(f"{self.app}.") and f"{OWN}/{name}" != folder:
                shutil.rmtree(f"{OWN}/{name}")


@dataclass(eq=False)
class Placeholder(Served):
    """Whatever certificate, so that nginx can load the app's configuration; one that is there stays."""

    def desired(self) -> State:
        return {"usable": True}

    def actual(self) -> State:
        return {"usable": self.look(self.link) is not None}

    def apply(self, diff: Diff) -> None:
        self.self_sign()

    def notes(self) -> dict[str, Any]:
        return {}


@dataclass(eq=False)
class SelfSigned(Served):
    """A self-signed certificate."""

    def desired(self) -> State:
        return {"self-signed": True, "names": sorted(self.names), "fresh": True, "served": True}

    def actual(self) -> State:
        look = self.look(self.link)
        if look is None:
            return None
        self_signed = os.path.realpath(self.link).startswith(f"{OWN}/")
        return {"self-signed": self_signed, "names": look.names, "fresh": look.fresh, "served": self.served()}

    def apply(self, diff: Diff) -> None:
        if diff.keys() != {"served"}:
            self.self_sign()
        self.serve()


def look_at(folder: str) -> Look | None:
    """What is in the certificate of a folder; None = there is none that works with its key.

    A handshake with itself, in memory, tells that key and certificate belong together and shows what is in it in 2 ms;
    starting `openssl x509` takes ten times as long.
    """
    try:
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(f"{folder}/{CHAIN}", f"{folder}/{KEY}")
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.check_hostname = False
        client.verify_flags |= PARTIAL_CHAIN | NO_CHECK_TIME
        client.load_verify_locations(cadata=leaf(folder))
        certificate = _handshake(client, server)
    except (OSError, ValueError):
        return None
    issuer = {name: value for part in certificate["issuer"] for name, value in part}
    return Look(
        names=sorted(value for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS"),
        issuer=issuer.get("commonName") or issuer.get("organizationName", "unknown"),
        begins=ssl.cert_time_to_seconds(certificate["notBefore"]),
        expires=ssl.cert_time_to_seconds(certificate["notAfter"]),
        ocsp="OCSP" in certificate,
        self_signed=certificate["issuer"] == certificate["subject"],
    )


def leaf(folder: str) -> bytes:
    """The first certificate of a folder's chain, in DER."""
    with open(f"{folder}/{CHAIN}", encoding="ascii") as file:
        head, end, _ = file.read().partition("-----END CERTIFICATE-----")
    return ssl.PEM_cert_to_DER_cert(head + end)


def _handshake(client: ssl.SSLContext, server: ssl.SSLContext) -> Any:
    """The server's certificate as the client's `getpeercert` shows it."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    visitor = client.wrap_bio(down, up)
    for side in (visitor, server.wrap_bio(up, down, server_side=True), visitor):
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()
    return visitor.getpeercert()
