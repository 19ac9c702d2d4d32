"""What git says of a folder, whoever it belongs to: a question that it cannot answer is an error, and no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from windlass.errors import InventoryError
from windlass.secrets.shown import shown
from windlass.source import git

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

TIMEOUT = 10


def asked(folder: Path, *command: str, expected: Collection[int] = (0,)) -> git.Answer:
    """git's answer to a command in a folder. Raises InventoryError when it exits with what is not expected."""
    try:
        return git.run(folder, *command, expected=expected, timeout=TIMEOUT)
    except git.GitError as error:
        said = str(error).partition("\n")[0]
        way = "Install git" if said == git.NO_GIT else "See what git status says there"
        raise InventoryError(
            f"{shown(folder)}: git does not say whether it has the secrets here: {said}",
            hint=f"{way}, or move what is deployed out of the repository.",
        ) from None
