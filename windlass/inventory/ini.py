"""Ansible's INI inventories: `[group]`, `[group:children]`, `[group:vars]`, and `host key=value` lines."""

from __future__ import annotations

import ast
import re
import shlex
import sys
import warnings
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import yaml

from windlass.inventory.document import BITS, TEXT, Document, DocumentError
from windlass.inventory.problems import Problems, hint_at_vars, quoted
from windlass.inventory.ranges import check_host_names
from windlass.inventory.reader import Reader
from windlass.inventory.tree import Group, Tree, Variable, Variables
from windlass.inventory.vault import Vaulted

_SECTION = re.compile(r"\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?")
_VARIABLE = re.compile(r"[^\s=:]+(\s*=|\s+:|:\s).*")  # no host of this name, nor its port
_GROUP = re.compile(r"([^:=\]\s]+)\s*(?:#.*)?")
# Nearly all lines and values are of these kinds; shlex and ast take ten times as long.
_HARD = re.compile(r"""['"\\#]|[^\t -~]""")
_WORD = re.compile(r"""(?:[^\s'"\\#]|'[^'\\]*'|"[^"\\]*")+""")
_QUOTED = re.compile(rf"{_WORD.pattern}(?:[ \t]+{_WORD.pattern})*")
_QUOTES = re.compile(r"""'([^']*)'|"([^"]*)\"""")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_TEXT = re.compile(r"[A-Za-z_/~][^'\"(),]*|[0-9]+(\.[0-9]+){2,}", re.ASCII)
_CONSTANTS = {"True": True, "False": False, "None": None}


def is_yaml(name: str, text: str) -> bool:
    """Whether the text of a file without an ending is a mapping in YAML; it is INI otherwise."""
    try:
        return isinstance(Document(name, text).root, yaml.MappingNode)
    except DocumentError:
        return False


@dataclass(frozen=True, slots=True, eq=False)
class Setting(Variable):
    """A variable of a line, which all of its line shares the place of, with its text."""

    text: str = field(repr=False)

    def written(self, way: tuple[str | int, ...] = ()) -> str | None:
        return self.text


def fault_as_ini(name: str, text: str) -> str | None:
    """What first keeps a text from being an inventory in INI, with its place; None = nothing does."""
    problems = Problems()
    IniFile(name, text, Reader(Tree(), problems)).read()
    return problems.first


class IniFile:
    """One INI file, read line by line into a reader's tree; before the first section, hosts are ungrouped."""

    def __init__(self, name: str, text: str, reader: Reader) -> None:
        self._document = Document(name, "")
        self._document.from_vault = isinstance(text, Vaulted)
        self._lines = text.splitlines()
        self._reader = reader
        self._waiting: dict[str, list[tuple[Group, yaml.Node]]] = {}  # children named before their section
        self._only_vars: dict[str, yaml.Node] = {}  # groups of which only [group:vars] was seen

    def read(self) -> None:
        """Reads all lines; what is wrong goes to the reader's problems."""
        group: Group | None = self._reader.tree.group("ungrouped")
        kind = "hosts"
        for number, raw in enumerate(self._lines):
            line = raw.strip()
            node = self._node(number, len(raw) - len(raw.lstrip()))
            if not line or line[0] in ";#":
                continue
            if line.startswith("[") and (line.endswith("]") or _SECTION.fullmatch(line)):
                group, kind = self._section(line, node)
            elif group is not None:
                try:
                    self._line(group, kind, line, node)
                except ValueError as error:
                    self._problem(node, str(error))
        for name, node in self._only_vars.items():
            self._problem(node, f"[{name}:vars] is for a group that no section and no [...:children] names")
        for name, parents in self._waiting.items():
            for _, node in parents:
                self._problem(node, f"group {name!r} has no section of its own")

    def _section(self, line: str, node: yaml.Node) -> tuple[Group | None, str]:
        match = _SECTION.fullmatch(line)
        kind = (match[2] or "hosts") if match else ""
        if not match or kind not in ("hosts", "children", "vars"):
            self._problem(node, f"{quoted(line)} is not a section: [group], [group:children] or [group:vars]")
            return None, kind
        name = match[1]
        fresh = name not in self._reader.tree.groups
        group = self._reader.group(self._document, name, node)
        if group is None:
            return None, kind
        if kind == "vars" and fresh:
            self._only_vars[name] = node
        elif kind != "vars":
            self._only_vars.pop(name, None)
            for parent, at in self._waiting.pop(name, []):
                self._reader.add_child(self._document, at, parent, group)
        return group, kind

    def _line(self, group: Group, kind: str, line: str, node: yaml.Node) -> None:
        """One line of a section. Raises ValueError."""
        if kind == "hosts":
            if _VARIABLE.fullmatch(line):
                check_host_names([line])
            pattern, *settings = _words(line)
            variables: Variables = {}
            for before, setting in pairwise([pattern, *settings]):
                self._set(variables, setting, node, line, before)
            self._reader.add_hosts(self._document, node, group, pattern, variables)
        elif kind == "vars":
            variables = {}
            self._set(variables, line, node, line)
            self._reader.set_of_group(group, variables)
        else:
            match = _GROUP.fullmatch(line)
            if not match:
                first = re.sub(r"\s.*", " ...", line)  # behind it may be a secret
                raise ValueError(f"{quoted(first)} is not the name of a group{hint_at_vars(line)}")
            name = match[1]
            if name in self._reader.tree.groups and name not in self._only_vars:
                self._reader.add_child(self._document, node, group, self._reader.tree.group(name))
            else:
                self._waiting.setdefault(name, []).append((group, node))

    def _set(self, variables: Variables, setting: str, node: yaml.Node, line: str, before: str = "") -> None:
        name, equals, text = setting.partition("=")
        if not equals or not name.strip():
            raise ValueError(f"{_unset(setting, line, before)} is not key=value; a value with spaces goes in quotes")
        # Most names, and many values, come again with each host: they are kept once.
        text = sys.intern(text.strip())
        value = _value(text)
        if self._document.from_vault and isinstance(value, str):
            value = Vaulted(value)
        self._reader.set(variables, sys.intern(name.strip()), Setting(value, self._document, node, node, text))

    def _node(self, line: int, column: int) -> yaml.Node:
        mark = yaml.Mark(self._document.name, 0, line, column, None, 0)
        return yaml.ScalarNode(TEXT, "", mark, mark)

    def _problem(self, node: yaml.Node, message: str) -> None:
        self._reader.problems.add(self._document.place(node), message)


def _unset(setting: str, line: str, before: str) -> str:
    """What stands for a setting without a value; it may be the secret one of the name `before`, "" = there is none."""
    from windlass.settings.environment import shown  # settings take a while to import

    if not before or re.search("[=:]", setting):
        return shown(re.split(r"\s", setting)[0], line)
    name = shown(before, line)
    return name if name == "this" else f"what is behind {name}"


def _words(line: str) -> list[str]:
    """The words of a line as a shell has them. Raises ValueError."""
    if not _HARD.search(line):
        return line.split()
    if _QUOTED.fullmatch(line):
        return [_QUOTES.sub(r"\1\2", word) for word in _WORD.findall(line)]
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        raise ValueError("a quote without its partner; text with one in it goes in the other kind") from None


def _value(text: str) -> Any:
    """A Python literal such as 5, True or ['a'], as Ansible reads it; anything else is text."""
    if _NUMBER.fullmatch(text):
        return int(text)
    if _TEXT.fullmatch(text):
        return _CONSTANTS.get(text, text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return _plain(ast.literal_eval(text))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple | set):
        return [_plain(below) for below in value]
    if isinstance(value, dict):
        return {key: _plain(below) for key, below in value.items()}
    if isinstance(value, int) and value.bit_length() > BITS:
        raise ValueError  # too long to be shown: it is taken as text
    if value is ...:
        return "..."
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return str(value) if isinstance(value, complex) else value
