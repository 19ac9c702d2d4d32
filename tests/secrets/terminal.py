"""Scripts that ask on a terminal."""

from __future__ import annotations

import os
import pty
import sys

from tests.lab.commands import ROOT


def on_a_terminal(script: str, *arguments: str, answers: list[str], **environment: str) -> str:
    """What a script says whose questions are answered, each within some seconds."""
    child, terminal = pty.fork()
    if child == 0:
        os.execve(
            sys.executable,
            [sys.executable, "-c", script, *arguments],
            {**os.environ, "PYTHONPATH": str(ROOT), **environment},
        )
    said = ""
    while True:
        try:
            data = os.read(terminal, 4096).decode()
        except OSError:  # it has ended
            break
        said += data
        if said.rstrip(" ").endswith(":") and answers:
            os.write(terminal, f"{answers.pop(0)}\n".encode())
    os.waitpid(child, 0)
    os.close(terminal)
    return said
