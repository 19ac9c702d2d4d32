"""Static files: their addresses change with their content, so that a browser may keep them for long."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Have `url_for("static", ...)` add `?v=` and what tells this content of a file from any other."""
    folder = Path(app.root_path, "static")
    versions = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:8] for path in folder.iterdir()}

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values["v"] = versions[values["filename"]]
