"""Scripts of the source that a command starts: what would keep the host from starting them is seen here."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from windlass.errors import SourceError
from windlass.source.started import words_of

if TYPE_CHECKING:
    from windlass.source.tree import Tree

_SHELLS = frozenset({"sh", "bash", "dash"})
_SEPARATORS = frozenset({"&&", "||", ";", "|", "&"})


def check_command(tree: Tree, setting: str, command: str) -> None:
    """Raises SourceError where a script that the command of a setting starts cannot be started."""
    words = words_of(command)
    for number, word in enumerate(words):
        before = words[number - 1] if number else ";"
        path = posixpath.normpath(word)
        started = before in _SEPARATORS and "/" in word and not word.startswith("/")
        read = posixpath.basename(before) in _SHELLS
        if path in tree and (started or read) and tree.entries[path].target is None:
            _check_script(tree, path, f"`{setting}: {command}`", started=started)
        elif started and number == 0 and path not in tree and "$" not in word:
            raise SourceError(
                f"{tree.label}: there is no {path}, which `{setting}: {command}` starts",
                hint="It must not be ignored by .gitignore or .deployignore.",
            )


def _check_script(tree: Tree, path: str, command: str, *, started: bool) -> None:
    entry = tree.entries[path]
    first, end, _ = entry.read().partition(b"\n")
    if end and first.endswith(b"\r") and (first.startswith(b"#!") or not started):
        raise SourceError(
            f"{tree.label}/{path}: has Windows line ends (CRLF), with which {command} does not work",
            hint=f"sed -i 's/\\r$//' {path}, and `*.sh text eol=lf` in .gitattributes keeps it so; then commit it.",
        )
    if started and not entry.executable:
        raise SourceError(
            f"{tree.label}/{path}: is not executable, and {command} starts it",
            hint=f"chmod +x {path}, and commit that (git update-index --chmod=+x {path}).",
        )
