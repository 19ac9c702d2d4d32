"""A project of its own with a lab, for the time of a benchmark; and stop-watches."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.commands import ROOT, Commands
from windlass import lab as labs
from windlass.lab import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from windlass.lab import Lab


@dataclass
class World:
    """A project folder with a lab that is up."""

    commands: Commands
    lab: Lab

    def ssh(self, host: str, *command: str, stdin: bytes = b"") -> None:
        """Plain ssh, as people use it."""
        argv = ["ssh", "-F", str(self.lab.folder / files.SSH_CONFIG), host, *command]
        subprocess.run(argv, input=stdin, check=True, capture_output=True)

    def windlass(self, *arguments: str) -> None:
        """A command of Windlass, as people use it: a new Python process."""
        argv = [sys.executable, str(ROOT / "deploy.py"), "--project", str(self.commands.folder), *arguments]
        subprocess.run(argv, check=True, capture_output=True)


@contextmanager
def world() -> Iterator[World]:
    """A new project with one bare host `lab`; all of it is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="windlass-benchmark-") as name:
        folder = Path(name)
        lab_folder = folder / ".windlass" / "lab"
        try:
            yield World(Commands.in_new_folder(folder), labs.up(lab_folder, say=lambda line: None))
        finally:
            labs.down(lab_folder, say=lambda line: None)


def seconds(work: Callable[[], None]) -> float:
    """How long the work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def medians(rounds: int, *works: Callable[[], None]) -> list[float]:
    """The median seconds of each work; they take turns, so that all meet the same machine."""
    times = [[seconds(work) for work in works] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*times, strict=True)]
