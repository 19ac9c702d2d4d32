"""What of a folder never goes to a host, whatever git or the user say, and what `.gitignore`-like files leave out."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pathspec import GitIgnoreSpec

NAMES = frozenset(
    [
        ".git", ".hg", ".svn", ".windlass",
        "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".ipynb_checkpoints",
        "node_modules", ".venv", ".tox", ".nox", ".eggs",
        ".env", ".envrc",
        ".idea", ".vscode", ".DS_Store", ".coverage",
    ]
)  # fmt: skip
SUFFIXES = (".pyc", ".pyo", ".env", ".swp", ".egg-info")


def is_ignored_always(name: str) -> bool:
    """Whether a file or folder of this name is never part of an app: repositories, caches, venvs, secrets."""
    return name in NAMES or name.endswith(SUFFIXES) or name.startswith(".env.")


def ruled_out(paths: Iterable[str]) -> dict[str, str]:
    """Those of the paths, `/`-separated, that a name on the way or a virtual environment around them rules out.

    Each with the folder or file that it is ruled out with.
    """
    listed = list(paths)
    venvs = {posixpath.dirname(path) for path in listed if posixpath.basename(path) == "pyvenv.cfg"}
    return {path: top for path in listed if (top := _top(path, venvs)) is not None}


def _top(path: str, venvs: set[str]) -> str | None:
    parts = path.split("/")
    for depth, part in enumerate(parts, 1):
        here = "/".join(parts[:depth])
        if is_ignored_always(part) or here in venvs:
            return here
    return None


class Rules:
    """The `.gitignore` files met on the way down a folder; a deeper file, and in it a later line, has the last word."""

    def __init__(self) -> None:
        self._specs: list[tuple[str, GitIgnoreSpec]] = []

    def add(self, folder: str, text: str) -> None:
        """Takes in the ignore file of `folder` (`""` = the top)."""
        self._specs.append((f"{folder}/" if folder else "", parse(text)))

    def keep(self, path: str) -> bool:
        """Whether a rule says that a path is not to be left out."""
        answers = (
            spec.check_file(path[len(prefix) :]).include
            for prefix, spec in reversed(self._specs)
            if path.startswith(prefix)
        )
        return next((answer is False for answer in answers if answer is not None), False)

    def leave_out(self, path: str, *, is_folder: bool = False) -> bool:
        """Whether a path is left out; the folder it lies in is asked about first, by the caller."""
        for prefix, spec in reversed(self._specs):
            if path.startswith(prefix):
                answer = spec.check_file(path[len(prefix) :] + ("/" if is_folder else "")).include
                if answer is not None:
                    return answer
        return False


def parse(text: str) -> GitIgnoreSpec:
    """The rules of one ignore file."""
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(text.splitlines())
