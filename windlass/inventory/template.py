"""A template of the inventory, compiled once for all hosts that have it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import nodes
from jinja2.meta import find_undeclared_variables

from windlass.inventory.budget import bounded
from windlass.inventory.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

_sandbox = Sandbox()


class Template:
    """`names` are those that it looks up, `words` also those of what it looks for inside of them."""

    def __init__(self, text: str) -> None:
        tree = _sandbox.check(text)
        self.names = sorted(find_undeclared_variables(tree))
        keys = {node.value for node in tree.find_all(nodes.Const) if isinstance(node.value, str)}
        self.words = {*self.names, *keys, *(node.attr for node in tree.find_all(nodes.Getattr))}
        # Nothing in it is of one host alone.
        self.is_of_all = {"groups", "hostvars"}.issuperset(self.names)
        self._compiled = _sandbox.from_string(tree)

    def render(self, values: Mapping[str, Any]) -> Any:
        """Its value. Raises what Jinja2 does, and OverflowError where that takes too much."""
        with bounded():
            value = self._compiled.render(values)
            if not isinstance(value, str):
                str(value)  # raises where it has a number in it that is too long to be shown
            return value


template = cache(Template)


def words_in(text: str) -> Set[str]:
    """The words of a template, none where the text is no template."""
    try:
        return template(text).words
    except Exception:  # of Jinja2, which may have many
        return frozenset()
