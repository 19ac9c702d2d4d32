"""The names of the roles, for options and for the Tab key."""

from __future__ import annotations

import ast
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "roles/__init__.py"


def all_roles() -> list[str]:
    """The names of all roles, in order: those of its tables, read off the source, as to import it takes a while."""
    tables = [node.value for node in ast.parse(SOURCE.read_text()).body if isinstance(node, ast.AnnAssign)]
    return [ast.literal_eval(key) for table in tables if isinstance(table, ast.Dict) for key in table.keys if key]
