"""Static files: their addresses change with their content, so that a browser may keep them for long."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Have `url_for("static", ...)` add `?v=` and what tells this content of a file from any other.

    Templates get `integrity(filename)`, by which a browser refuses a file that is not the one meant.
    """
    digests = {
        path.name: hashlib.sha384(path.read_bytes()).digest() for path in Path(app.root_path, "static").iterdir()
    }

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values["v"] = digests[values["filename"]].hex()[:8]

    @app.template_global()
    def integrity(filename: str) -> str:
        return "sha384-" + base64.b64encode(digests[filename]).decode()
