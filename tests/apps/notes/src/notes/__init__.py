"""Notes: keeps lines of text in a file below its state directory."""

from __future__ import annotations

import os
import time
from importlib import resources
from pathlib import Path

from flask import Flask, request


def create_app() -> Flask:
    """The app; its notes lie in $NOTES_FOLDER, else in the state directory that systemd names."""
    app = Flask(__name__)
    folder = Path(os.environ.get("NOTES_FOLDER") or os.environ["STATE_DIRECTORY"])
    file = folder / "notes.txt"
    greeting = resources.files(__name__).joinpath("greeting.txt").read_text().strip()

    @app.get("/")
    def home() -> str:
        return f"{greeting}\n"

    @app.get("/notes")
    def read() -> str:
        return file.read_text() if file.exists() else ""

    @app.post("/notes")
    def write() -> tuple[str, int]:
        with file.open("a") as notes:
            notes.write(request.get_data(as_text=True).strip() + "\n")
        return "kept\n", 201

    @app.get("/slow/<float:seconds>")
    def slow(seconds: float) -> str:
        time.sleep(min(seconds, 30))
        return "slept\n"

    @app.get("/healthz")
    def healthz() -> str:
        if not os.access(folder, os.W_OK):
            raise PermissionError(folder)
        return "ok\n"

    return app
