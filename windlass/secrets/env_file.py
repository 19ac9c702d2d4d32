"""Env files (NAME=value lines): read only when nobody else can read them and git would not take them in."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from windlass.errors import InventoryError
from windlass.secrets.git import asked
from windlass.secrets.shown import shown
from windlass.settings.environment import fault_of_name, fault_of_value
from windlass.settings.secret import Secret
from windlass.source.git import is_in_repository

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


def read_env_file(path: Path, allowed: Collection[str] = ()) -> dict[str, Secret]:
    """The variables of a dotenv file, as python-dotenv (and so Flask on a laptop) reads them.

    `${NAME}` is what a line above says; this machine's own environment fills in nothing. `allowed`
    are names that are refused otherwise. Raises InventoryError with all that is wrong.
    """
    _check_private(path)
    from dotenv.parser import parse_stream
    from dotenv.variables import Variable, parse_variables

    variables: dict[str, Secret] = {}
    faults = []
    try:
        with path.open(encoding="utf-8") as file:
            bindings = list(parse_stream(file))
    except UnicodeDecodeError:
        raise InventoryError(f"{shown(path)}: this is not UTF-8 text") from None
    for binding in bindings:
        # A binding's text includes the blank lines before it, and its line number is that of the first.
        text = binding.original.string
        line = binding.original.line + len(text) - len(text.lstrip("\n"))
        name, value = binding.key, binding.value
        if binding.error or (name is not None and value is None):
            faults.append((line, "this is not NAME=value"))
        elif name is not None and value is not None:
            atoms = list(parse_variables(value))
            known = {other: secret.value for other, secret in variables.items()}
            value = "".join(atom.resolve(known) for atom in atoms)
            fault = fault_of_name(name, allowed) or fault_of_value(name, value)
            if any(isinstance(atom, Variable) and atom.name not in known and atom.default is None for atom in atoms):
                # Which one is not told: it may be a part of a password.
                fault = f"{name} refers to a variable that no line above sets; put its value there, or a line above"
            if name in variables:
                fault = f"{name} is set twice"
            variables[name] = Secret(value, f"{shown(path)}:{line}")
            faults += [(line, fault)] if fault else []
    if faults:
        raise InventoryError("\n".join(f"{shown(path)}:{line}: {fault}" for line, fault in faults))
    return variables


def _check_private(path: Path) -> None:
    """Raises InventoryError unless the file is there, readable by its owner only, and nothing that git takes in."""
    name = shown(path)
    if not path.is_file():
        raise InventoryError(
            f"{name}: env_file does not exist",
            hint=f"create it: install -m 600 /dev/null {name}, then one NAME=value per line",
        )
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise InventoryError(f"{name}: mode {mode:04o} lets others read the secrets", hint=f"chmod 600 {name}")
    folder = path.parent
    if not is_in_repository(folder):
        return
    ignore = f"echo '{path.name}' >> {shown(path.parent / '.gitignore')}"
    if asked(folder, "ls-files", "-z", "--", path.name).output:
        raise InventoryError(
            f"{name}: git tracks this file of secrets",
            hint=f"git rm --cached {name} && {ignore}; then change the secrets: the history has them",
        )
    if asked(folder, "check-ignore", "-q", "--", path.name, expected=(0, 1)).status == 1:
        raise InventoryError(f"{name}: git does not ignore this file of secrets", hint=ignore)
