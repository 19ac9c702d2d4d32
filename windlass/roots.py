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
        found = _CERTIFICATE.findall(path.read_text(encoding="ascii", errors="replace"))
        for certificate in found:
            ssl.create_default_context(cadata=certificate)
    except (OSError, ValueError) as error:
        raise InventoryError(f"{path}: tls.ca_file cannot be used: {error}") from None
    if not found:
        raise InventoryError(f"{path}: tls.ca_file has no certificate in it", hint="It must be a PEM file.")
    return "".join(found)
