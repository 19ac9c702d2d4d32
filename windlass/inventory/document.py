"""One file of YAML (or JSON): plain values that remember where they stand, and no surprises.

Refused: duplicate keys, tags but `!vault` and `!unsafe`, several documents, aliases that multiply or contain
themselves.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, cast

import yaml

from windlass.inventory.problems import Place, quoted
from windlass.inventory.vault import Vault, Vaulted, VaultError
from windlass.inventory.yaml_faults import explain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Entry = tuple[Any, yaml.Node, yaml.Node]

# The parser written in C is some ten times quicker; PyYAML's wheels have it.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN = "tag:yaml.org,2002:"
TEXT, NULL, _MERGE = (f"{_PLAIN}{kind}" for kind in ("str", "null", "merge"))
_CONSTRUCTOR = yaml.constructor.SafeConstructor()
_SCALARS = {
    f"{_PLAIN}{kind}": _CONSTRUCTOR.yaml_constructors[f"{_PLAIN}{kind}"]
    for kind in ("bool", "float", "int", "null", "timestamp")
}
_TAG = "a tag that is not understood; text that begins with ! goes in quotes"
_DEPTH = 100  # levels of nesting; the C parser recurses, and some 10,000 levels end the process
BITS = 4096  # of a whole number; Python does not show those of more than 4,300 digits, nor write them as JSON
_ALIASED = 100_000  # values that aliases may add to a file


class Unsafe(str):
    """Text that is no template, whatever it contains (`!unsafe`)."""

    __slots__ = ()


class DocumentError(Exception):
    """A file, or one value of it, cannot be read."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place


class Document:
    """A parsed file; `root` is its top node, None = the file is empty.

    What is wrong and leaves the rest readable goes to `note`; None = it is raised as all else.
    """

    def __init__(
        self, name: str, text: str, note: Callable[[Place, str], None] | None = None, vault: Vault | None = None
    ) -> None:
        self.name = name
        self.from_vault = isinstance(text, Vaulted)
        self._vault = vault or Vault()
        self._note = note
        self.root = self._compose(str(text))  # the parser in C takes no other kind of text
        self._budget = 2 * len(text) + _ALIASED
        self._open: set[tuple[int, str]] = set()

    @classmethod
    def of_root(cls, name: str, root: yaml.Node, text: str) -> Document:
        """A document whose text, in another language, is there already as nodes."""
        document = cls(name, "")
        document.root = root
        document.from_vault = isinstance(text, Vaulted)
        document._budget += 2 * len(text)
        return document

    def place(self, node: yaml.Node) -> Place:
        """Where a node begins."""
        return _place(self.name, node.start_mark)

    def entries(self, node: yaml.MappingNode) -> list[Entry]:
        """Key, key node and value node of each entry, merged ones (`<<`) first. Raises DocumentError."""
        found: list[Entry] = []
        seen: set[Any] = set()
        with self.once(node):
            for key_node, value_node in node.value:
                if key_node.tag == _MERGE:
                    found[:0] = self._merged(value_node)
                    continue
                key = self.value(key_node)
                if isinstance(key, dict | list):
                    self._refuse(
                        key_node, "a list or mapping cannot be a key; a value that begins with {{ goes in quotes"
                    )
                if key in seen:
                    fault = f"{quoted(key)} is set twice in one mapping; the first would be ignored"
                    if self._note is None:
                        self._refuse(key_node, fault)
                    self._note(self.place(key_node), fault)
                seen.add(key)
                found.append((key, key_node, value_node))
        return found

    @contextmanager
    def once(self, node: yaml.Node, kind: str = "value") -> Iterator[None]:
        """While a node is read as a value (or as another kind) it may not come up within itself, nor too deep."""
        key = (id(node), kind)
        if key in self._open:
            self._refuse(node, "an alias contains itself")
        if len(self._open) == _DEPTH:
            self._refuse(node, f"aliases nest more than {_DEPTH} levels deep")
        self._open.add(key)
        try:
            yield
        finally:
            self._open.discard(key)

    def value(self, node: yaml.Node) -> Any:
        """The plain Python value of a node. Raises DocumentError."""
        self._spend(node, 1)
        if isinstance(node, yaml.ScalarNode):
            if node.tag != TEXT:
                return self._scalar(node)
            return Vaulted(node.value) if self.from_vault else node.value
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_PLAIN}map":
            entries = self.entries(node)
            with self.once(node):
                return {key: self.value(value) for key, _, value in entries}
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_PLAIN}seq":
            with self.once(node):
                return [self.value(item) for item in node.value]
        return self._refuse(node, _TAG)

    def find(self, node: yaml.Node, way: tuple[str | int, ...]) -> tuple[yaml.Node, bool]:
        """The node that `way` leads to and True, or the last one on the way that is there and False."""
        self._budget = _ALIASED
        for step in way:
            below: yaml.Node | None = None
            if isinstance(node, yaml.MappingNode):
                below = {key: value for key, _, value in self.entries(node)}.get(step)
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                below = node.value[step]
            if below is None:
                return node, False
            node = below
        return node, True

    def key_of(self, node: yaml.Node, name: str | int) -> yaml.Node:
        """The key node of an entry of a mapping; the mapping itself where there is none."""
        if isinstance(node, yaml.MappingNode):
            for key, key_node, _ in self.entries(node):
                if key == name:
                    return key_node
        return node

    def _compose(self, text: str) -> yaml.Node | None:
        try:
            _check_depth(self.name, text)
            loader = _Loader(text)
            try:
                return cast("yaml.Node | None", loader.get_single_node())
            finally:
                loader.dispose()
        except yaml.MarkedYAMLError as error:
            # Where the parser came to the end of the file, what it misses is missing before.
            last = len(text.splitlines())
            marks = [_place(self.name, mark) for mark in (error.problem_mark, error.context_mark) if mark]
            place = next((place for place in marks if place.line <= last), Place(self.name, last))
            fault = "what is in this vault is not valid YAML here" if self.from_vault else explain(error, text)
            raise DocumentError(place, fault) from None
        except (yaml.YAMLError, UnicodeError) as error:
            reason = getattr(error, "reason", "") or str(error).splitlines()[0]
            before = text.encode("utf-8", "replace")[: getattr(error, "position", 0)]
            place = Place(self.name, before.count(b"\n") + 1)
            raise DocumentError(place, f"not readable as YAML: {reason}") from None

    def _merged(self, node: yaml.Node) -> list[Entry]:
        """The entries that `<<: node` brings in; of several sources the first wins, so it comes last."""
        found: list[Entry] = []
        for source in reversed(node.value) if isinstance(node, yaml.SequenceNode) else [node]:
            if not isinstance(source, yaml.MappingNode):
                self._refuse(source, "<< takes a mapping or a list of mappings")
            found += self.entries(source)
        self._spend(node, len(found))
        return found

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        if node.tag in _SCALARS:
            try:
                value = _SCALARS[node.tag](_CONSTRUCTOR, node)
            except (ValueError, IndexError, KeyError, OverflowError, AttributeError):
                kind = node.tag.removeprefix(_PLAIN)
                self._refuse(node, f"this is not a valid {kind}; text goes in quotes")  # it may be a secret
            if isinstance(value, int) and value.bit_length() > BITS:
                self._refuse(node, f"a whole number of more than {BITS:,} bits; text goes in quotes")
            return value
        if node.tag == "!unsafe":
            return Unsafe(node.value)
        if node.tag in ("!vault", "!vault-encrypted"):
            return self._opened(node)
        if node.tag == f"{_PLAIN}value":
            return node.value
        return self._refuse(node, _TAG)

    def _opened(self, node: yaml.ScalarNode) -> Vaulted:
        try:
            return self._vault.open(node.value)
        except VaultError as error:
            return self._refuse(node, str(error))

    def _spend(self, node: yaml.Node, values: int) -> None:
        """Count values; a file without aliases has at most two for each of its characters."""
        self._budget -= values
        if self._budget < 0:
            self._refuse(node, f"aliases multiply into more than {_ALIASED:,} values")

    def _refuse(self, node: yaml.Node, message: str) -> NoReturn:
        raise DocumentError(self.place(node), message)


def _place(name: str, mark: Any) -> Place:
    return Place(name, mark.line + 1, mark.column + 1) if mark else Place(name)


def _check_depth(name: str, text: str) -> None:
    """Raises DocumentError for nesting that is too deep; cheap where brackets and indentation cannot add up to it."""
    indentation = max((len(run) for run in re.findall(r"^[ \-?:]*", text, re.MULTILINE)), default=0)
    if text.count("[") + text.count("{") + 2 * indentation < _DEPTH:
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEPTH:
                raise DocumentError(_place(name, event.start_mark), f"nested more than {_DEPTH} levels deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
