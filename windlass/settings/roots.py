"""Root certificates of a CA of one's own, from a file of the project."""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING

from windlass.errors import InventoryError

if TYPE_CHECKING:
    from pathlib import Path

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?")


def read(path: Path) -> str:
    """The certificates of a PEM file, and nothing else that is in it; raises InventoryError where there is none."""
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise InventoryError(f"{str(path)!r} cannot be read: {error.strerror}") from None
    found = list(_CERTIFICATE.finditer(text))
    for certificate in found:
        try:
            ssl.create_default_context(cadata=certificate[0])
        except (ssl.SSLError, TypeError):  # the latter where it is not even ASCII
            line = text.count("\n", 0, certificate.start()) + 1
            raise InventoryError(f"{str(path)!r}: the certificate in line {line} is damaged") from None
    if not found:
        raise InventoryError(f"{str(path)!r} has no certificate in it, -----BEGIN CERTIFICATE----- and so on")
    return "".join(certificate[0] for certificate in found)
