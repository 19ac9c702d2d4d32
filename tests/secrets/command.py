"""`deploy.py secrets`, as a user runs it: real processes in a project of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab.commands import ROOT, Said
from tests.projects import project
from tests.secrets.projects import HOSTS

CANARY = "canary-value-77"


@dataclass
class Secrets:
    """Runs `deploy.py secrets` in a project; `home` is the user's."""

    folder: Path
    home: Path

    def __call__(self, *arguments: str, stdin: str | bytes = "", status: int = 0, **environment: str) -> Said:
        argv = [sys.executable, str(ROOT / "deploy.py"), "--project", str(self.folder), "secrets", *arguments]
        done = subprocess.run(
            argv,
            capture_output=True,
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self.home), "NO_COLOR": "1", "COLUMNS": "120", **environment},
            timeout=60,
        )
        said = Said(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in said.err, said.err
        assert said.status == status, said.out + said.err
        if "--reveal" not in arguments:
            assert CANARY not in said.out + said.err
        return said

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """The same, still running; its end is waited for by `ended`."""
        argv = [sys.executable, str(ROOT / "deploy.py"), "--project", str(self.folder), "secrets", *arguments]
        own = {"PATH": os.environ["PATH"], "HOME": str(self.home), "NO_COLOR": "1", **environment}
        with (self.folder / "value").open("w+") as stdin:
            stdin.write("1")
            stdin.seek(0)
            pipe = subprocess.PIPE
            return subprocess.Popen(argv, stdin=stdin, stdout=pipe, stderr=pipe, text=True, cwd=self.folder, env=own)

    def file(self, name: str) -> Path:
        return self.folder / "inventory/secrets" / name


def ended(*processes: subprocess.Popen[str]) -> list[Said]:
    """What processes said until their end."""
    try:
        said = [process.communicate(timeout=120) for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [Said(process.returncode, *words) for process, words in zip(processes, said, strict=True)]


@contextmanager
def begun(folder: Path) -> Iterator[Secrets]:
    """A project where `secrets init` has been run; editors there end when there is a file `go`."""
    home = folder / "user"
    home.mkdir()
    found = Secrets(project(folder / "commands", HOSTS), home)
    found("init")
    yield found
    (found.folder / "go").touch()
