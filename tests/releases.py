"""Releases of an app in a folder, as a host has them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from windlass.agent.release.records import RECORD, Record

if TYPE_CHECKING:
    from pathlib import Path


def release(home: Path, name: str, *, current: bool = False, created: int = 0, **known: Any) -> Path:
    """Makes the folder of a release with its record; gives back the folder."""
    folder = home / "releases" / name
    folder.mkdir(parents=True)
    record = Record(name, identity="secret-hash", code="c", venv="v", created=created)
    (folder / RECORD).write_text(json.dumps({**asdict(record), **known}))
    if current:
        (home / "current").unlink(missing_ok=True)
        (home / "current").symlink_to(f"releases/{name}")
    return folder
