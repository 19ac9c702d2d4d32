"""The names of all roles, for options and for the Tab key."""

from __future__ import annotations

import ast
from pathlib import Path

from windlass.run import own_roles

SOURCE = Path(__file__).parents[2] / "roles/__init__.py"


def all_roles(project: Path) -> list[str]:
    """The names of all roles, in order, read off the sources, as to import them takes a while.

    Raises UsageError for faults of the project's own.
    """
    tables = [node.value for node in ast.parse(SOURCE.read_text()).body if isinstance(node, ast.AnnAssign)]
    names = [[ast.literal_eval(key) for key in table.keys if key] for table in tables if isinstance(table, ast.Dict)]
    return [name for table in own_roles.arranged(own_roles.find(project), *names) for name in table]
