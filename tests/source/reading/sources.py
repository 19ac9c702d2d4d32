"""Sources for tests, from texts."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

from windlass.source.tree import Entry, Tree

if TYPE_CHECKING:
    from collections.abc import Callable


def source(files: dict[str, str] | str) -> Tree:
    """A source with these files; one text alone is its `app.py`."""
    named = {"app.py": files} if isinstance(files, str) else files
    return Tree("shop", [Entry(path, len(text), False, _read(dedent(text))) for path, text in named.items()])


def _read(text: str) -> Callable[[], bytes]:
    return lambda: text.encode()
