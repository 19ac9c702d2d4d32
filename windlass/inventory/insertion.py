"""Lines put into an inventory file, with all that is there kept as it is: its order, its comments, its line ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from windlass.inventory.document import Document, DocumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

Way = tuple[str, ...]
INDENT = 2


class CannotInsertError(Exception):
    """The place is written in a way that leaves no room for further lines: `{...}`, an alias, a template."""


def insert(text: str, way: Way, lines: Sequence[str]) -> tuple[str, int]:
    """The text of a YAML file with an entry added to the mappings that `way` leads to, and the first new line's number.

    `lines` are the entry as it would stand at the left edge; the mappings on the way are made where they are missing.
    Raises CannotInsertError unless the result says just what the file said before, and this.
    """
    document = _document(text)
    node = document.root
    depth = 0
    if node is not None and node.tag.endswith(":map"):
        node, depth = _last_there(document, node, way)
    missing, block = way[depth:], list(lines)
    for name in reversed(missing):
        block = [f"{_key(name)}:", *(" " * INDENT + line if line else "" for line in block)]
    rows = text.splitlines(keepends=True)
    at, indent = _end_of(rows, document, node, way[:depth])
    ending = "\r\n" if rows and rows[0].endswith("\r\n") else "\n"
    if at and not rows[at - 1].endswith(("\n", "\r")):
        rows[at - 1] += ending
    rows[at:at] = [" " * indent + line + ending if line else ending for line in block]
    fresh = "".join(rows)
    _check(text, fresh, way, yaml.safe_load("\n".join(lines)))
    return fresh, at + 1


def _document(text: str) -> Document:
    try:
        return Document("the file", text)
    except DocumentError as error:
        raise CannotInsertError(str(error)) from None


def _last_there(document: Document, node: yaml.Node, way: Way) -> tuple[yaml.Node, int]:
    """The last node on the way that is there, and how many steps lead to it."""
    for depth, step in enumerate(way):
        below = {key: value for key, _, value in document.entries(node)} if isinstance(node, yaml.MappingNode) else {}
        if step not in below:
            return node, depth
        node = below[step]
    return node, len(way)


def _end_of(rows: list[str], document: Document, node: yaml.Node | None, way: Way) -> tuple[int, int]:
    """Behind which line an entry of a mapping goes, and how far it is indented."""
    if node is None or (not way and not isinstance(node, yaml.MappingNode)):
        return len(rows), 0
    if isinstance(node, yaml.MappingNode) and node.value and not node.flow_style:
        last, column = node.value[-1][0].start_mark.line, node.value[0][0].start_mark.column
        return _comments_end(rows, _block_end(rows, last, column), column), column
    if node.tag.endswith(":null") and node.start_mark.index == node.end_mark.index and way:
        key_line, column = _key_place(document, way)
        return _block_end(rows, key_line, column), column + INDENT
    raise CannotInsertError("it is written in braces, or is no mapping")


def _key_place(document: Document, way: Way) -> tuple[int, int]:
    """Line and column of the name that a way ends with, from 0."""
    node, _ = _last_there(document, document.root, way[:-1])  # type: ignore[arg-type]
    mark = document.key_of(node, way[-1]).start_mark
    return mark.line, mark.column


def _block_end(rows: list[str], line: int, column: int) -> int:
    """The number of the line behind the last one that belongs to the entry beginning at a line and column (from 0).

    Comments that are indented further belong to it, too; blank lines at its end do not.
    """
    end = line + 1
    for number in range(line + 1, len(rows)):
        words = rows[number].strip()
        indent = len(rows[number]) - len(rows[number].lstrip(" "))
        if words and indent <= column and not (indent == column and re.match(r"-(\s|$)", words)):
            break
        if words:
            end = number + 1
    return end


def _comments_end(rows: list[str], end: int, column: int) -> int:
    """The same, with the comments of that indentation that follow at once."""
    while end < len(rows) and rows[end].startswith(f"{' ' * column}#"):
        end += 1
    return end


def _key(name: str) -> str:
    """A name as a key of YAML, in quotes where it would else be something else."""
    return yaml.safe_dump({name: None}, width=1000, allow_unicode=True).rpartition(":")[0]


def _check(before: str, after: str, way: Way, entry: dict[str, Any]) -> None:
    """Raises CannotInsertError unless what a file says now is what it said, and the entry."""
    wanted = _plain(before) or {}
    inner: Any = wanted
    for step in way:
        if not isinstance(inner, dict):
            raise CannotInsertError("it is no mapping")
        if inner.get(step) is None:
            inner[step] = {}
        inner = inner[step]
    if not isinstance(inner, dict):
        raise CannotInsertError("it is no mapping")
    inner.update(entry)
    if _plain(after) != wanted:
        raise CannotInsertError("other lines would change, too")


def _plain(text: str) -> Any:
    document = _document(text)
    try:
        return None if document.root is None else document.value(document.root)
    except DocumentError as error:
        raise CannotInsertError(str(error)) from None
