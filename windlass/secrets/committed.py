"""Plain env files that git has: whoever reads the repository reads the secrets in them."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from windlass.errors import InventoryError
from windlass.secrets.git import asked
from windlass.secrets.shown import shown
from windlass.settings.environment import fault_of_inline_secret, is_placeholder, password_in
from windlass.source.git import is_in_repository

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_NAMES = (":(glob)**/*.env", ":(glob)**/.env.*")
# What another variable has in it, as compose files write it.
_REFERENCE = re.compile(r"\$\{[^}]*\}|\$\w+")
# What a file is called that shows which variables there are (.env.example, sample.env).
_MODELS = frozenset({"example", "sample", "template", "dist"})


def check_nothing_committed(folders: Iterable[Path]) -> None:
    """Raises InventoryError for each env file in these folders that git tracks and that has a secret in it."""
    found = [path for folder in dict.fromkeys(folders) for path in _tracked(folder)]
    faults = [
        f"{shown(path)}: git tracks this file, and {name} in it is a secret: everybody with the repository has it\n"
        f"  git rm --cached {shown(path)} && echo {shlex.quote(path.name)} >> {shown(path.parent / '.gitignore')};"
        " then change it"
        for path in dict.fromkeys(found)
        if (name := _secret_in(path))
    ]
    if faults:
        raise InventoryError("\n".join(faults))


def _tracked(folder: Path) -> list[Path]:
    """The `.env`, `.env.*` and `*.env` below a folder that git tracks, without those that are mere examples."""
    if not folder.is_dir() or not is_in_repository(folder):
        return []
    listed = asked(folder, "ls-files", "-z", "--", *_NAMES).output
    paths = [folder / name for name in listed.decode(errors="surrogateescape").split("\0") if name]
    return [path for path in paths if _MODELS.isdisjoint(re.split("[._-]", path.name.lower()))]


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
        part = password_in(value) or value
        if name and fault_of_inline_secret(name, value) and not (is_placeholder(part) or _REFERENCE.fullmatch(part)):
            return name
    return None
