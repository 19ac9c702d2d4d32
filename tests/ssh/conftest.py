"""What every test of SSH stands on: a home of its own, and a real sshd."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ssh.sshd import Sshd


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """An sshd as hardened ones are: three wrong keys, and it hangs up; no passwords."""
    settings = ("MaxAuthTries 3", "PasswordAuthentication no", "KbdInteractiveAuthentication no")
    with Sshd(tmp_path_factory.mktemp("sshd"), *settings) as running:
        yield running


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with an empty .ssh, and no agent."""
    (tmp_path / ".ssh").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return tmp_path
