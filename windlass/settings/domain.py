"""Domain names as certificates and nginx want them: lower case, ASCII, no wildcard."""

import re
from typing import Annotated

from pydantic import AfterValidator

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def _domain(value: str) -> str:
    """The domain in lower-case ASCII (IDNA)."""
    if "://" in value or "/" in value:
        raise ValueError(f"{value!r} is not a domain: write the name alone, without https:// and path")
    if "*" in value:
        raise ValueError(
            f"{value!r}: a wildcard certificate needs DNS-01, and Windlass proves domains over HTTP (HTTP-01);"
            " list each domain"
        )
    name = _ascii(value.lower())
    if len(name) > 253:
        raise ValueError(f"{value!r} has {len(name)} characters; a domain has at most 253")
    labels = name.split(".")
    if not all(map(_LABEL.fullmatch, labels)):
        raise ValueError(f"{value!r} is not a domain such as www.example.com")
    if labels[-1].isdigit():
        raise ValueError(f"{value!r} is an IP address; a domain is a name")
    return name


def _ascii(name: str) -> str:
    if name.isascii():
        return name
    # Python has IDNA 2003 built in; where today's IDNA 2008 gives another name, guessing would name another site.
    if any(character in "ßς\u200c\u200d" for character in name):
        raise ValueError(f"{name!r} is read in two ways (IDNA 2003 and 2008): write its xn-- form")
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError(f"{name!r} is not a domain such as www.example.com") from None


Domain = Annotated[str, AfterValidator(_domain)]
