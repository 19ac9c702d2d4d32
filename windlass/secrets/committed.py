"""Plain `.env` files that git has: whoever reads the repository reads the secrets in them."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from windlass.errors import InventoryError
from windlass.secrets.shown import shown
from windlass.settings.environment import is_placeholder, is_secret

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# A secret value shorter than this is one for a laptop (POSTGRES_PASSWORD=postgres).
SHORTEST = 16


def check_nothing_committed(folders: Iterable[Path]) -> None:
    """Raises InventoryError for each `.env` in these folders that git tracks and that has a secret in it."""
    found = [path for folder in dict.fromkeys(folders) for path in _tracked(folder)]
    faults = [
        f"{shown(path)}: git tracks this file, and {name} in it is a secret: everybody with the repository has it\n"
        f"  git rm --cached {shown(path)} && echo .env >> {shown(path.parent / '.gitignore')}; then change it"
        for path in dict.fromkeys(found)
        if (name := _secret_in(path))
    ]
    if faults:
        raise InventoryError("\n".join(faults))


def _tracked(folder: Path) -> list[Path]:
    """The `.env` files below a folder that git tracks."""
    if not any((above / ".git").exists() for above in (folder, *folder.parents)):
        return []
    argv = ["git", "-C", str(folder), "ls-files", "-z", "--", ".env", "**/.env"]
    try:
        listed = subprocess.run(argv, capture_output=True, stdin=subprocess.DEVNULL, timeout=10).stdout
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [folder / name for name in listed.decode(errors="surrogateescape").split("\0") if name]


def _secret_in(path: Path) -> str | None:
    """The name of a variable that is a secret, with a real value; None = there is none."""
    from dotenv.parser import parse_stream

    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            bindings = list(parse_stream(file))
    except OSError:  # tracked, and no longer there
        return None
    for binding in bindings:
        name, value = binding.key, binding.value or ""
        if name and is_secret(name) and len(value) >= SHORTEST and not is_placeholder(value):
            return name
    return None
