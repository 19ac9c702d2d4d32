"""Taking turns where it is not possible; tests/test_secrets_command.py has those who wait."""

from __future__ import annotations

import errno
import fcntl
from pathlib import Path

import pytest

from windlass.secrets.turn import turn


def test_a_file_system_without_locks_of_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int, operation: int) -> None:
        raise OSError(errno.EBADF, "as NFS says")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with turn(Path.cwd()):
        Path("changed").touch()
    assert Path("changed").exists()


def test_an_error_inside_is_not_swallowed_and_frees_it() -> None:
    with pytest.raises(OSError, match="full"), turn(Path.cwd()):
        raise OSError(errno.ENOSPC, "full")
    with turn(Path.cwd()):
        pass
