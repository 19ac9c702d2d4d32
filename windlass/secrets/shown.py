"""Paths in messages."""

from __future__ import annotations

import os
from pathlib import Path


def shown(path: Path) -> str:
    """A path as a user would type it: relative to the working directory where it lies inside."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
