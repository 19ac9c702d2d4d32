"""How long a command line takes before anything is connected to; bare Python beside it. The goal is 0.25 s."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from benchmarks.world import medians
from tests.lab.commands import ROOT

if TYPE_CHECKING:
    from benchmarks.world import World

ROUNDS = 15


def measure(world: World) -> list[str]:
    """Lines to print."""
    environment = {**os.environ, "WINDLASS_PROJECT": str(world.commands.folder)}
    typed = {"_DEPLOY_PY_COMPLETE": "bash_complete", "COMP_WORDS": "deploy.py provision l", "COMP_CWORD": "2"}

    def run(*arguments: str, **more: str) -> None:
        subprocess.run([sys.executable, *arguments], capture_output=True, env=environment | more)

    program = str(ROOT / "deploy.py")
    system = {"PATH": "/usr/bin:/bin"}
    python, shown, handed_on, refused, completed = medians(
        ROUNDS,
        lambda: run("-c", "pass"),
        lambda: run(program, "--help"),
        lambda: subprocess.run([program, "--help"], capture_output=True, env=system),
        lambda: run(program, "provision", "nosuch"),
        lambda: run(program, **typed),
    )
    return [
        f"python -c pass             {python:6.3f} s",
        f"deploy.py --help           {shown:6.3f} s",
        f"by the system's Python     {handed_on:6.3f} s   which starts that of .venv",
        f"deploy.py provision NOSUCH {refused:6.3f} s   the inventory is read and checked",
        f"completing a host's name   {completed:6.3f} s",
    ]
