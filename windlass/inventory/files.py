"""Which files make an inventory."""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING

from windlass.inventory.document import Document, DocumentError
from windlass.inventory.problems import Place
from windlass.inventory.text import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from windlass.inventory.reader import Reader
    from windlass.inventory.tree import Variables

EXTENSIONS = (".yml", ".yaml", ".json")
LAB = ".windlass/lab/hosts.yml"  # what the lab writes about itself
_INI = (".ini", ".hosts", ".inventory", "")
# To Ansible, too.
_NO_INVENTORIES = frozenset({".bak", ".cfg", ".md", ".orig", ".pyc", ".pyo", ".retry", ".rpm", ".rst", ".swp", ".txt"})
# What no file that is something else has in it.
_SURELY_INI = re.compile(r"^\[[^\]\s]+:(children|vars)\]|\bansible_\w+\s*=", re.MULTILINE)
_OTHER_FOLDERS = frozenset({"group_vars", "host_vars", "secrets"})


class Files:
    """The files of an inventory, handed to a reader; paths are shown relative to the project folder.

    `notes` say which files are none of it, though Ansible would try them.
    """

    def __init__(self, project: Path, reader: Reader) -> None:
        self._project = project
        self._reader = reader
        self.notes: list[str] = []
        self._names: dict[Path, frozenset[str]] = {}

    def read(self, place: Path) -> None:
        """The inventory in a folder, or in one file, and that of the project's lab where one is up."""
        if place.is_dir():
            for path in self._below(place, lambda below: below.name not in _OTHER_FOLDERS):
                self._read_source(path)
        elif place.exists():
            self._read_source(place)
        lab = place.parent / LAB
        if lab.is_file():
            self.read_file(lab)

    def read_file(self, path: Path) -> None:
        """One YAML file of groups and hosts."""
        document = self._document(path)
        if document is not None:
            self._reader.read_groups(document)

    def variables_of(self, folder: Path, name: str) -> Variables:
        """The variables that `folder` (group_vars or host_vars) holds for a group or host, file by file."""
        variables: Variables = {}
        if "/" in name or self._there(folder).isdisjoint(name + extension for extension in ("", *EXTENSIONS)):
            return variables
        for path in self._variable_files(folder, name):
            document = self._document(path)
            if document is not None:
                variables.update(self._reader.variables(document, document.root, "a file of variables"))
        return variables

    def _there(self, folder: Path) -> frozenset[str]:
        """The names in a folder, looked up once: each host asks."""
        if folder not in self._names:
            self._names[folder] = frozenset(os.listdir(folder) if folder.is_dir() else ())
        return self._names[folder]

    def _read_source(self, path: Path) -> None:
        """One inventory file, by what its name ends in, as Ansible has it."""
        if path.suffix in _NO_INVENTORIES or path.name in _OTHER_FOLDERS:
            return
        if _is_script(path):
            name = self._shown(path)
            fault = "Windlass runs no inventory scripts: put the hosts that it lists into a YAML or INI file"
            command = f"ansible-inventory -i {shlex.quote(name)} --list --yaml"
            self._reader.problems.add(Place(name), f"{fault} ({command}), and the script elsewhere")
        elif path.suffix in EXTENSIONS:
            self.read_file(path)
        elif path.suffix == ".toml":
            self._read_toml(path)
        else:
            self._read_ini(path)

    def _below(self, folder: Path, enter: Callable[[Path], bool], above: tuple[Path, ...] = ()) -> Iterator[Path]:
        """The files of a folder, and of those in it that are to be entered; hidden ones and backups are left out.

        `above` are the folders on the way to it: one that leads back to them has no end.
        """
        real = folder.resolve()
        if any(outer.is_relative_to(real) for outer in above):
            fault = "this link leads back to a folder that it is in: remove it"
            self._reader.problems.add(Place(self._shown(folder)), fault)
            return
        for path in sorted(folder.iterdir()):
            if path.name.startswith(".") or path.name.endswith("~"):
                continue
            if not path.is_dir():
                yield path
            elif enter(path):
                yield from self._below(path, enter, (*above, real))

    def _read_toml(self, path: Path) -> None:
        from windlass.inventory.toml import document_of

        name = self._shown(path)
        try:
            self._reader.read_groups(document_of(name, text_of(path, name, self._reader.vault)))
        except DocumentError as error:
            self._reader.problems.add(error.place, str(error))

    def _read_ini(self, path: Path) -> None:
        """A file without a YAML ending: INI, unless it has no ending and is a mapping in YAML.

        One with an ending that says nothing is left out where it cannot be read as INI.
        """
        from windlass.inventory.ini import IniFile, fault_as_ini, is_yaml

        name = self._shown(path)
        try:
            text = text_of(path, name, self._reader.vault)
            fault = None if path.suffix in _INI or _SURELY_INI.search(text) else fault_as_ini(name, text)
            if fault:
                self.notes.append(f"{fault}: this file is left out")
            elif path.suffix == "" and is_yaml(name, text):
                self.read_file(path)
            else:
                IniFile(name, text, self._reader).read()
        except DocumentError as error:
            if path.suffix in _INI:
                self._reader.problems.add(error.place, str(error))
            else:
                self.notes.append(f"{error.place}: {error}: this file is left out")

    def _variable_files(self, folder: Path, name: str) -> list[Path]:
        """NAME (a folder or file), else NAME.yml, .yaml or .json: the first that is there, as Ansible has it."""
        for extension in ("", *EXTENSIONS):
            path = folder / (name + extension)
            if path.is_dir():
                found = self._below(path, lambda below: not below.suffix)
                return [path for path in found if path.suffix in ("", *EXTENSIONS)]
            if path.exists():
                return [path]
        return []

    def _document(self, path: Path) -> Document | None:
        name = self._shown(path)
        try:
            text = text_of(path, name, self._reader.vault)
            return Document(name, text, self._reader.problems.add, self._reader.vault)
        except DocumentError as error:
            self._reader.problems.add(error.place, str(error))
            return None

    def _shown(self, path: Path) -> str:
        return str(path.relative_to(self._project)) if path.is_relative_to(self._project) else str(path)


def _is_script(path: Path) -> bool:
    """Whether Ansible would run a file for its hosts; where a disk has no permissions, all are executable."""
    try:
        if not path.is_file() or not path.stat().st_mode & 0o111:
            return False
        with path.open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:  # which the reading of it will meet again
        return False
