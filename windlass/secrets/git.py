"""What git says of a folder, whoever it belongs to: a question that it cannot answer is an error, and no answer."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from windlass.errors import InventoryError
from windlass.secrets.shown import shown

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

TIMEOUT = 10
# Nothing that the repository configures is run, for it may be somebody else's.
_OPTIONS = ("-c", "safe.directory=*", "-c", "core.fsmonitor=false")


def is_in_repository(folder: Path) -> bool:
    """Whether git has a say in a folder."""
    return any((above / ".git").exists() for above in (folder, *folder.parents))


def asked(folder: Path, *command: str, expected: Collection[int] = (0,)) -> subprocess.CompletedProcess[bytes]:
    """git's answer to a command in a folder. Raises InventoryError when it exits with what is not expected."""
    argv = ["git", *_OPTIONS, "-C", str(folder), *command]
    # While git runs a hook, its variables point at another repository.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(argv, capture_output=True, stdin=subprocess.DEVNULL, timeout=TIMEOUT, env=environment)
    except OSError:
        raise _silent(folder, "git cannot be started here", "Install git") from None
    except subprocess.TimeoutExpired:
        raise _silent(folder, f"git took more than {TIMEOUT} s", "See what git status does there") from None
    if done.returncode not in expected:
        said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise _silent(folder, said or f"git exited with {done.returncode}", "See what git status says there")
    return done


def _silent(folder: Path, why: str, way: str) -> InventoryError:
    return InventoryError(
        f"{shown(folder)}: git does not say whether it has the secrets here: {why}",
        hint=f"{way}, or move what is deployed out of the repository.",
    )
