"""Files that Debian packages bring and people may change: whether somebody has (dpkg's conffiles)."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from windlass.agent.resources.dpkg import FOLDER

if TYPE_CHECKING:
    from windlass.agent.machine import Machine


def unchanged(machine: Machine, path: str, shipped: str | None = None) -> bool:
    """Whether a file is as its package has brought it, be it under the name `shipped` (None = its own)."""
    known = machine.probe("conffiles", _conffiles)
    digest = known.get(shipped or path)
    if digest is None:
        return False
    with open(path, "rb") as file:
        return hashlib.md5(file.read(), usedforsecurity=False).hexdigest() == digest


def _conffiles() -> dict[str, str]:
    """Digests (MD5) by path, of all packages."""
    found: dict[str, str] = {}
    if not os.path.exists(f"{FOLDER}/status"):
        return found
    inside = False
    with open(f"{FOLDER}/status", encoding="utf-8", errors="replace") as file:
        for line in file:
            if inside and line.startswith(" "):
                words = line.split()
                found[words[0]] = words[1]
            else:
                inside = line.startswith("Conffiles:")
    return found
