"""What documents say of groups, hosts and variables, put into a tree."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from windlass.inventory.document import NULL, TEXT, Document, DocumentError, Entry
from windlass.inventory.prefix import PREFIX, setting_of
from windlass.inventory.problems import Problems, did_you_mean, hint_at_vars, nearest, quoted
from windlass.inventory.ranges import expand
from windlass.inventory.tree import Group, Tree, Variable, Variables
from windlass.inventory.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

_SECTIONS = ("vars", "children", "hosts")
_GROUP_NAME = re.compile(r"[^\s:,&!*?~\[\]/=]+")
# Variables of Ansible's users that are like a setting's name.
_WORDS = frozenset({"aps", "firewalld", "local", "locals", "packager", "sshd", "updated", "updater"})
_ALIKE = 0.8  # of a word that is another one with a slip, as difflib has it


class Reader:
    """Reads documents into a tree, and notes what is wrong with them; a slip of a `known` variable's name is.

    `known` has the names of the settings that are in each, None = no name is a slip; `vault` None = none is opened.
    """

    def __init__(
        self,
        tree: Tree,
        problems: Problems,
        known: Mapping[str, Set[str]] | None = None,
        vault: Vault | None = None,
    ) -> None:
        self.tree = tree
        self.problems = problems
        self.vault = vault or Vault()
        self._known = known or {}
        self._settings = tuple(self._known)

    def read_groups(self, document: Document) -> None:
        """A file of groups by name, as YAML inventories are; an empty one is fine."""
        if document.root is None:
            return
        entries = self._entries(document, document.root, "an inventory file", "groups")
        if document.name.endswith(".json") and any(_is_of_script(name, node) for name, _, node in entries):
            fault = "this is what an inventory script prints, and no inventory file, to Ansible neither"
            command = "ansible-inventory -i SCRIPT --list --yaml"
            self.problems.add(document.place(document.root), f"{fault}: write one with {command}")
            return
        for name, key_node, node in entries:
            if name == "plugin":
                self.problems.add(document.place(key_node), "inventory plugins are not supported; list the hosts")
                return
            self._read_group(document, name, key_node, node)

    def variables(self, document: Document, node: yaml.Node | None, what: str) -> Variables:
        """A mapping of variables; `what` it is completes a message."""
        variables: Variables = {}
        for name, key_node, value_node in self._entries(document, node, what, "variables") if node else []:
            if not isinstance(name, str):
                self.problems.add(document.place(key_node), f"variable {name!r} is not text: put it in quotes")
                continue
            try:
                self.set(variables, name, Variable(document.value(value_node), document, key_node, value_node))
            except DocumentError as error:
                self.problems.add(error.place, str(error))
        return variables

    def set(self, variables: Variables, name: str, variable: Variable) -> None:
        """Set one variable, unless its name is a slip of a setting's."""
        if self._known and name.startswith(PREFIX) and setting_of(name) not in self._known:
            near = nearest(setting_of(name), self._known)
            message = f"; did you mean {PREFIX + near!r}?" if near else f": names with {PREFIX} before them are its own"
            self.problems.add(variable.place_of_key(), f"Windlass has no setting {quoted(name)}{message}")
            return
        near = _meant(name, self._settings)
        if near and (not _is_word(name, near) or _has_settings(variable.value, self._known[near])):
            message = f"unknown setting {quoted(name)}; did you mean {near!r}?"
            self.problems.add(variable.place_of_key(), f"{message} A variable of your own needs another name")
        else:
            variables[name] = variable

    def group(self, document: Document, name: Any, node: yaml.Node) -> Group | None:
        """The group of that name; None where the name is refused."""
        if isinstance(name, str) and _GROUP_NAME.fullmatch(name):
            return self.tree.group(name)
        message = "is not a group name: text without spaces and without : , & ! * ? ~ [ ] / ="
        self.problems.add(document.place(node), f"{quoted(name)} {message}{hint_at_vars(name)}")
        return None

    def add_child(self, document: Document, node: yaml.Node, group: Group, child: Group) -> None:
        """Put a group into another, unless that closes a circle."""
        if not self.tree.add_child(group, child):
            message = f"group {child.name!r} cannot be inside {group.name!r}, which is inside it"
            self.problems.add(document.place(node), message)

    def add_hosts(self, document: Document, node: yaml.Node, group: Group, pattern: str, variables: Variables) -> None:
        """Put the hosts that a pattern stands for into a group, with their variables."""
        try:
            names, port = expand(pattern)
        except ValueError as error:
            self.problems.add(document.place(node), str(error))
            return
        for name in names:
            fresh = name not in self.tree.hosts
            known = self.tree.add_host(name, group, document.name)
            if port is not None and fresh:
                known["ansible_port"] = Variable(port, document, node, node)
            known.update(variables)

    def set_of_group(self, group: Group, variables: Variables) -> None:
        """Set variables of a group; one of them is its priority."""
        priority = variables.pop("ansible_group_priority", None)
        if priority is not None:
            try:
                group.priority = int(priority.value)
            except (TypeError, ValueError, OverflowError):
                self.problems.add(priority.place(), "ansible_group_priority must be a whole number")
        group.variables.update(variables)

    def _read_group(self, document: Document, name: Any, key_node: yaml.Node, node: yaml.Node) -> Group | None:
        group = self.group(document, name, key_node)
        if group is None:
            return None
        try:
            with document.once(node, "group"):
                for entry in self._entries(document, node, f"group {name!r}", "vars, children and hosts"):
                    self._read_section(document, group, *entry)
        except DocumentError as error:
            self.problems.add(error.place, str(error))
        return group

    def _read_section(
        self, document: Document, group: Group, section: Any, key_node: yaml.Node, body: yaml.Node
    ) -> None:
        if section == "vars":
            self.set_of_group(group, self.variables(document, body, f"vars of group {group.name!r}"))
        elif section == "children":
            for name, node, below in self._names(document, body, f"children of group {group.name!r}"):
                child = self._read_group(document, name, node, below)
                if child is not None:
                    self.add_child(document, node, group, child)
        elif section == "hosts":
            for pattern, node, below in self._names(document, body, f"hosts of group {group.name!r}"):
                if isinstance(pattern, str):
                    what = "a host" if re.search("[=:@]", pattern) else f"host {pattern!r}"
                    self.add_hosts(document, node, group, pattern, self.variables(document, below, what))
                else:
                    self.problems.add(document.place(node), f"host {pattern!r} is not text: put it in quotes")
        else:
            hint = f"; is {quoted(section)} a group? then it goes under children" if _may_be_group(body) else ""
            near = did_you_mean(str(section), _SECTIONS) or hint
            message = f"a group has vars, children and hosts, not {quoted(section)}{near}"
            self.problems.add(document.place(key_node), message)

    def _names(self, document: Document, node: yaml.Node, what: str) -> list[Entry]:
        """Entries of a mapping of names; a single name may stand alone, as Ansible has it."""
        if isinstance(node, yaml.ScalarNode) and node.tag == TEXT:
            return [(node.value, node, yaml.ScalarNode(NULL, "", node.start_mark, node.end_mark))]
        return self._entries(document, node, what, "names, each with a colon")

    def _entries(self, document: Document, node: yaml.Node, what: str, content: str) -> list[Entry]:
        """The entries of a mapping; nothing is one too. Anything else is a problem."""
        if node.tag == NULL:
            return []
        try:
            if isinstance(node, yaml.MappingNode):
                return document.entries(node)
            value = document.value(node)
            other = "what it is" if document.from_vault else repr(value)
            kind = "a list" if isinstance(value, list) else "text" if isinstance(value, str) else other
            self.problems.add(document.place(node), f"{what} must be a mapping of {content}, not {kind}")
        except DocumentError as error:
            self.problems.add(error.place, str(error))
        return []


@cache
def _meant(name: str, known: tuple[str, ...]) -> str | None:
    """The setting that a name is a slip of; None = it is one, or a variable of the user's own."""
    if name in known or name.startswith(("ansible_", PREFIX)):
        return None
    if (plain := re.split("[=:]", name)[0]) != name and plain in known:
        return plain
    words = name.split("_")
    alike = [each for each in known if len(each.split("_")) == len(words) and all(map(_alike, words, each.split("_")))]
    return nearest(name, alike, cutoff=_ALIKE)


def _alike(word: str, meant: str) -> bool:
    """Whether a word may be another one with a slip; with a prefix or suffix of its own it is none."""
    if word == meant:
        return True
    if word[:1] != meant[:1] or (meant in word and len(word) > len(meant) + 1) or word[-1:].isdigit():
        return False
    return SequenceMatcher(None, word, meant).ratio() >= _ALIKE


def _is_word(name: str, near: str) -> bool:
    """Whether a name that is like a setting's is one that Ansible's users give to variables of their own."""
    return name in _WORDS or near in (f"{name}s", name.removesuffix("s"))


def _has_settings(value: Any, known: Set[str]) -> bool:
    """Whether a value is made of these settings only, or has entries that are, as `apps` has."""
    if not isinstance(value, dict) or not value:
        return False
    return value.keys() <= known or all(_has_settings(below, known) for below in value.values())


def _is_of_script(name: Any, node: yaml.Node) -> bool:
    """Whether an entry is as scripts print it: `_meta`, or a group that is a list or has lists in it."""
    entries = node.value if isinstance(node, yaml.MappingNode) else []
    lists = [key.value for key, below in entries if isinstance(below, yaml.SequenceNode)]
    return name == "_meta" or isinstance(node, yaml.SequenceNode) or any(key in _SECTIONS for key in lists)


def _may_be_group(node: yaml.Node) -> bool:
    keys = [key.value for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
    return any(key in _SECTIONS for key in keys)
