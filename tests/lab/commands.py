"""A project folder as a user has it, and the command line run in it as a user runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import answer_documents, run_documents

ROOT = Path(__file__).parent.parent.parent
DOMAIN = "shortener.{{ inventory_hostname }}.test"  # of the sample app on hosts of a lab


@dataclass
class Said:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str


@dataclass
class Commands:
    """Runs `./deploy.py` on the project in `folder`."""

    folder: Path
    program: Path = ROOT / "deploy.py"

    @classmethod
    def in_new_folder(cls, folder: Path, domain: str = "shortener.lab.test") -> Commands:
        """A project with this repository's inventory and sample app, which is served under that domain."""
        shutil.copytree(ROOT / "inventory", folder / "inventory", dirs_exist_ok=True)
        for name in ("sample_app", "tests/apps"):
            shutil.copytree(ROOT / name, folder / Path(name).name, dirs_exist_ok=True)
        # Tests make more links than a visitor may.
        settings = folder / "inventory/group_vars/lab.yml"
        text = settings.read_text().replace("    env:\n", "    env:\n      LIMIT_CREATE: 1000 per minute\n")
        settings.write_text(text.replace(DOMAIN, domain))
        return cls(folder)

    def __call__(self, *arguments: str, status: int | None = 0, timeout: float = 300) -> Said:
        """Runs a command; asserts its exit status unless None, and that no traceback is shown."""
        argv = [sys.executable, str(self.program), "--project", str(self.folder), *arguments]
        environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "120"}
        done = subprocess.run(
            argv, capture_output=True, text=True, timeout=timeout, env=environment, stdin=subprocess.DEVNULL
        )
        said = Said(done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in said.out + said.err, said.out + said.err
        if status is not None:
            assert said.status == status, said.out + said.err
        return said

    def json(self, *arguments: str, status: int = 0) -> dict[str, Any]:
        """The only host of a command's JSON document."""
        (host,) = self.all_json(*arguments, status=status)
        return host

    def all_json(self, *arguments: str, status: int = 0) -> list[dict[str, Any]]:
        """The hosts of a command's JSON document, which must be of its type."""
        said = self(*arguments, "--json", status=status).out
        if arguments[0] in answer_documents.KINDS:
            return answer_documents.read(arguments[0], said)
        return run_documents.read(said)["hosts"]

    def write(self, name: str, text: str, mode: int = 0o644) -> None:
        """Writes a file of the project."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
