"""A visitor of the demo app on a lab host: the page, a new short link, and where that leads, over verified TLS."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from windlass.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT = 10  # seconds
LOOK = "Look at: ./deploy.py status lab, ./deploy.py logs lab"
TARGET = "https://www.gnu.org/software/bash/manual/bash.html"


class Visitor(http.client.HTTPSConnection):
    """A browser of sorts that asks `name` of the server at `address`, and trusts the roots in `ca` (PEM) alone."""

    def __init__(self, name: str, address: str, port: int, ca: str) -> None:
        self._trust = ssl.create_default_context(cadata=ca)
        super().__init__(name, port, timeout=TIMEOUT, context=self._trust)
        self._address = address
        self._cookie = ""

    def connect(self) -> None:
        """Connects to the address, and verifies that its certificate is one for the name."""
        with socket.create_connection((self._address, self.port), TIMEOUT) as raw:
            self.sock = self._trust.wrap_socket(raw, server_hostname=self.host)

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, Location and body of the answer; keeps the cookie that it sets."""
        headers = {"Host": self.host, "Cookie": self._cookie, "Referer": f"https://{self.host}/"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.request(method, path, urlencode(form or {}), headers)
        answer = self.getresponse()
        self._cookie = (answer.getheader("Set-Cookie") or self._cookie).split(";")[0]
        return answer.status, answer.getheader("Location") or "", answer.read().decode()


def visit(name: str, address: str, port: int, ca: str, say: Callable[[str], None]) -> None:
    """Visits the shortener; raises LabError when a step does not go as it should."""
    _visit(_shorten_and_follow, name, address, port, ca, say)


def look(name: str, address: str, port: int, ca: str, say: Callable[[str], None]) -> None:
    """Looks at the first page of any app; raises LabError when it cannot be had, or is an error of the app's."""
    _visit(_first_page, name, address, port, ca, say)


def _visit(
    act: Callable[[Visitor, str, Callable[[str], None]], object],
    name: str,
    address: str,
    port: int,
    ca: str,
    say: Callable[[str], None],
) -> None:
    visitor = Visitor(name, address, port, ca)
    try:
        act(visitor, name, say)
    except (OSError, http.client.HTTPException) as error:
        raise LabError(f"https://{name}/ at {address}:{port}: {error}", hint="Has the host been provisioned?") from None
    finally:
        visitor.close()


def _first_page(visitor: Visitor, name: str, say: Callable[[str], None]) -> tuple[int, str]:
    status, place, page = visitor.ask("GET", "/")
    certificate = visitor.sock.getpeercert()
    expires = certificate["notAfter"] if certificate else ""
    leads = f" {place}" if place else ""
    say(f"GET  https://{name}/ -> {status}{leads}, certificate verified, valid until {expires}")
    if status >= 500:
        raise LabError(f"https://{name}/ answered {status}", hint=LOOK)
    return status, page


def _shorten_and_follow(visitor: Visitor, name: str, say: Callable[[str], None]) -> None:
    status, page = _first_page(visitor, name, say)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    if status != 200 or not token:
        raise LabError(f"https://{name}/ answered {status} without the form", hint=LOOK)
    status, created, _ = visitor.ask("POST", "/", {"csrf_token": token[1], "target": TARGET})
    if status != 303:
        raise LabError(f"https://{name}/ answered {status} to the form instead of 303", hint=LOOK)
    short = "/" + created.rstrip("/").rsplit("/", 1)[-1]
    say(f"POST https://{name}/ -> {status}, the link https://{name}{short} was made")
    status, target, _ = visitor.ask("GET", short)
    say(f"GET  https://{name}{short} -> {status} {target}")
    if target != TARGET:
        raise LabError(f"https://{name}{short} leads to {target!r}, not to {TARGET}", hint=LOOK)
