"""The one place that roles, and kinds of one's own, import from."""

from __future__ import annotations

import ast
import inspect

import pytest

from windlass.agent import resources
from windlass.agent.resources import PLACES


def test_each_name_is_found_where_the_table_says_and_known_to_type_checkers() -> None:
    tree = ast.parse(inspect.getsource(resources))
    (typed,) = (node for node in tree.body if isinstance(node, ast.If))
    imports = {
        alias.name: str(node.module).removeprefix("windlass.agent.")
        for node in typed.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imports == PLACES
    assert all(getattr(resources, name) for name in PLACES)


def test_another_name_is_none() -> None:
    with pytest.raises(AttributeError, match=r"^module 'windlass\.agent\.resources' has no attribute 'Nonsense'$"):
        _ = resources.Nonsense
