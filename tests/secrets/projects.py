"""A project with secrets, in the working directory, and its owner's key."""

from __future__ import annotations

from pathlib import Path

import pyrage

from tests.projects import project
from windlass.project import Project
from windlass.secrets.folder import Folder

HOSTS = """
    web:
      hosts:
        web1:
          apps:
            shop: {source: s, wsgi: "s:app", domains: [a.test]}
            blog: {source: s, wsgi: "s:app", domains: [b.test]}
        web2:
    db:
      hosts:
        db1:
    """


def new_identity(home: Path) -> pyrage.x25519.Identity:
    """The user's own age identity."""
    identity = pyrage.x25519.Identity.generate()
    file = home / ".config/windlass/identity.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{identity}\n")
    file.chmod(0o600)
    return identity


def recipients(*lines: object) -> None:
    """Writes recipients.txt."""
    folder = Path("inventory/secrets")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipients.txt").write_text("".join(f"{line}\n" for line in lines))


def secrets_project(home: Path, **files: str) -> Folder:
    """A project in the working directory whose secrets files hold these texts, by group or host."""
    project(Path.cwd(), HOSTS)
    recipients(new_identity(home).to_public())
    folder = Project(Path.cwd()).secrets()
    for level, text in files.items():
        folder.write(level, text)
    return Project(Path.cwd()).secrets()
