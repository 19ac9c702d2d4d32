"""Targets: the addresses that links lead to."""

import ipaddress
import re
import socket
from collections.abc import Collection
from contextlib import suppress
from threading import Thread
from urllib.parse import urlsplit

import idna
from werkzeug.urls import iri_to_uri
from wtforms import ValidationError

MAX_LENGTH = 2000
DEFAULT_PORTS = {"http": 80, "https": 443}
LOOKUP_SECONDS = 1
# White space, control characters, backslashes (browsers read them as slashes), halves of characters.
FORBIDDEN = re.compile(r"[\s\x00-\x1f\x7f\\\ud800-\udfff]")
# The underscore is not allowed in a host name, yet used and understood.
LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
HOST = re.compile(rf"(?=.{{1,254}}$){LABEL}(\.{LABEL})*\.?")
# Browsers read a host whose last part is a number as an IPv4 address, also "127.1" or "0x7f000001".
ENDS_IN_NUMBER = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)\.?")
# Names that lead nowhere outside one network (RFC 6761, 6762, 8375; ICANN for .internal).
PRIVATE_SUFFIXES = (".localhost", ".local", ".home.arpa", ".internal", ".lan")


def parse(text: str, own_hosts: Collection[str] = (), allow_private: bool = True) -> str:
    """`text` as an ASCII URL in one spelling, so that equal addresses are equal; raises ValidationError.

    It must not lead to one of `own_hosts`: that would be a redirect to itself.
    """
    text = text.strip()
    if not text:
        raise ValidationError("Type or paste the address that the short link should lead to.")
    _check_length(text)
    if FORBIDDEN.search(text):
        raise ValidationError("The address must not contain spaces, line breaks or backslashes.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValidationError("The address is not valid; look between “//” and the next “/”.") from None
    if parts.scheme not in DEFAULT_PORTS or not parts.netloc:
        raise ValidationError("Start the address with http:// or https://, as in https://www.example.com.")
    if parts.username is not None:
        raise ValidationError("The address must not contain a user name or password: everyone could read them.")
    if port == 0:
        raise ValidationError("The port in the address must be between 1 and 65535.")
    host = _host(parts.hostname or "")
    bare = host.rstrip(".")
    if bare in own_hosts:
        raise ValidationError("The address leads back to this site; a short link must lead elsewhere.")
    if not allow_private and _is_private(bare):
        raise ValidationError(f"“{bare}” is in a private network, where other people's browsers would not find it.")
    if port not in (None, DEFAULT_PORTS[parts.scheme]):
        host = f"{host}:{port}"
    target = iri_to_uri(parts._replace(netloc=host, path=parts.path or "/").geturl())
    _check_length(target)  # again: "ü" was one character and is "%C3%BC" now
    return target


def _check_length(url: str) -> None:
    if len(url) > MAX_LENGTH:
        raise ValidationError(f"The address is too long: {len(url):,} characters of at most {MAX_LENGTH:,}.")


def _host(name: str) -> str:
    """`name` in lower-case ASCII: "bücher.example" is "xn--bcher-kva.example"; raises ValidationError."""
    try:
        if ":" in name and "%" not in name:  # "%" names a network card of one machine
            return f"[{ipaddress.IPv6Address(name)}]"
        host = name if name.isascii() else idna.encode(name, uts46=True).decode()
        if ENDS_IN_NUMBER.fullmatch(host):
            return str(ipaddress.IPv4Address(host))
    except ValueError:  # idna.IDNAError is one too
        host = ""
    if not HOST.fullmatch(host):
        raise ValidationError(f"“{name}” is not a valid host name.")
    if "." not in host.rstrip("."):
        raise ValidationError(f"“{name}” is not a full host name, such as www.example.com.")
    return host


def _is_private(host: str) -> bool:
    """Whether `host` is, or now leads to, an address in a private network.

    A name that cannot be looked up is not: DNS may be in trouble, and whoever controls a name can have it lead
    anywhere later. It is visitors' browsers that go there, never this server.
    """
    return host.endswith(PRIVATE_SUFFIXES) or not all(
        (getattr(address, "ipv4_mapped", None) or address).is_global
        for address in map(ipaddress.ip_address, _look_up(host.strip("[]")))
    )


def _look_up(host: str) -> set[str]:
    """The addresses of `host`, which may be one; none if the answer does not come in time."""
    found: set[str] = set()

    def ask() -> None:
        with suppress(OSError):
            found.update(str(entry[4][0]) for entry in socket.getaddrinfo(host, None))

    # A thread: the system's resolver has no time limit that could be set.
    asking = Thread(target=ask, daemon=True)
    asking.start()
    asking.join(LOOKUP_SECONDS)
    return set(found)
