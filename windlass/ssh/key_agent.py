"""The ssh-agent that signs: that of the environment, or the one that IdentityAgent names."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import paramiko
from paramiko.agent import AgentSSH

ENVIRONMENT = "SSH_AUTH_SOCK"


class NamedAgent(AgentSSH):
    """An agent that listens at a path of its own; raises OSError, SSHException."""

    def __init__(self, path: str) -> None:
        super().__init__()
        wire = socket.socket(socket.AF_UNIX)
        try:
            wire.connect(path)
            self._connect(wire)  # type: ignore[attr-defined]
        except BaseException:
            wire.close()
            raise

    def close(self) -> None:
        """End the conversation."""
        self._close()  # type: ignore[attr-defined]


def open_agent(said: str) -> paramiko.Agent | NamedAgent:
    """The agent that a value of IdentityAgent means; raises OSError, SSHException where it does not answer."""
    if said == ENVIRONMENT:
        return paramiko.Agent()
    if said.startswith("$"):
        said = os.environ.get(said[1:].strip("{}"), "")
    return NamedAgent(str(Path(said.replace("%d", "~")).expanduser()))
