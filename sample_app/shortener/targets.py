"""Targets: the addresses that links lead to."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, urlsplit

import idna

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_LENGTH = 2000
DEFAULT_PORTS = {"http": 80, "https": 443}
# White space, control characters, backslashes (browsers read them as slashes), halves of characters.
FORBIDDEN = re.compile(r"[\s\x00-\x1f\x7f\\\ud800-\udfff]")
# The underscore is not allowed in a host name, yet used and understood.
LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
HOST = re.compile(rf"(?=.{{1,254}}$){LABEL}(\.{LABEL})*\.?")
# Browsers read a host whose last part is a number as an IPv4 address, also "127.1" or "0x7f000001".
ENDS_IN_NUMBER = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)\.?")
# Names that lead nowhere outside one network (RFC 6761, 6762, 8375; ICANN for .internal).
PRIVATE_SUFFIXES = (".localhost", ".local", ".home.arpa", ".internal", ".lan")
# What RFC 3986 lets stand for itself in a path, query and fragment; `%` as it may already be encoded.
PATH_SAFE = "/%:@!$&'()*+,;=~"
QUERY_SAFE = PATH_SAFE + "?"


class TargetError(ValueError):
    """Not an address that a link may lead to; the message is for the visitor who typed it."""


def parse(text: str, own_hosts: Collection[str] = (), allow_private: bool = True) -> str:
    """`text` as an ASCII URL in one spelling, so that equal addresses are equal; raises TargetError.

    It must not lead to one of `own_hosts`: that would be a redirect to itself. Names are not looked up: whoever
    controls a name can have it lead anywhere later, so a private address can be refused only where one is written.
    """
    text = text.strip()
    if not text:
        raise TargetError("Type or paste the address that the short link should lead to.")
    _check_length(text)
    if FORBIDDEN.search(text):
        raise TargetError("The address must not contain spaces, line breaks or backslashes.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise TargetError("The address is not valid; look between “//” and the next “/”.") from None
    if parts.scheme not in DEFAULT_PORTS or not parts.netloc:
        raise TargetError("Start the address with http:// or https://, as in https://www.example.com.")
    if parts.username is not None:
        raise TargetError("The address must not contain a user name or password: everyone could read them.")
    if port == 0:
        raise TargetError("The port in the address must be between 1 and 65535.")
    host = _host(parts.hostname or "")
    bare = host.rstrip(".")
    if bare in own_hosts:
        raise TargetError("The address leads back to this site; a short link must lead elsewhere.")
    if not allow_private and _is_private(bare):
        raise TargetError(f"“{bare}” is in a private network, where other people's browsers would not find it.")
    target = _assemble(parts, host, port)
    _check_length(target)  # again: "ü" was one character and is "%C3%BC" now
    return target


def _check_length(url: str) -> None:
    if len(url) > MAX_LENGTH:
        raise TargetError(f"The address is too long: {len(url):,} characters of at most {MAX_LENGTH:,}.")


def _host(name: str) -> str:
    """`name` in lower-case ASCII: "bücher.example" is "xn--bcher-kva.example"; raises TargetError."""
    try:
        if ":" in name and "%" not in name:  # "%" names a network card of one machine
            return f"[{ipaddress.IPv6Address(name)}]"
        host = name if name.isascii() else idna.encode(name, uts46=True).decode()
        if ENDS_IN_NUMBER.fullmatch(host):
            return str(ipaddress.IPv4Address(host))
    except ValueError:  # idna.IDNAError is one too
        host = ""
    if not HOST.fullmatch(host):
        raise TargetError(f"“{name}” is not a valid host name.")
    if "." not in host.rstrip("."):
        raise TargetError(f"“{name}” is not a full host name, such as www.example.com.")
    return host


def _is_private(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return host.endswith(PRIVATE_SUFFIXES)
    return not (getattr(address, "ipv4_mapped", None) or address).is_global


def _assemble(parts: SplitResult, host: str, port: int | None) -> str:
    if port is not None and port != DEFAULT_PORTS[parts.scheme]:
        host = f"{host}:{port}"
    path = quote(parts.path or "/", PATH_SAFE)
    query, fragment = quote(parts.query, QUERY_SAFE), quote(parts.fragment, QUERY_SAFE)
    return SplitResult(parts.scheme, host, path, query, fragment).geturl()
