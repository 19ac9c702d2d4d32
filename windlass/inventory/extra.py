"""Variables from a command line (`-e`), above all that the inventory says."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from windlass.errors import UsageError
from windlass.inventory.document import TEXT, Document, DocumentError
from windlass.inventory.prefix import setting_of
from windlass.inventory.problems import Place, nearest
from windlass.inventory.text import text_of
from windlass.inventory.tree import Variable, Variables
from windlass.inventory.validation import takes_text
from windlass.settings import Settings
from windlass.settings.environment import secret_in, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from windlass.inventory.reader import Reader
    from windlass.inventory.values import Way

_KEY = re.compile(r"[A-Za-z_]\w*(\.[\w-]+)*", re.ASCII)


@dataclass(frozen=True, slots=True, eq=False)
class Given(Variable):
    """A variable, or the part `way` of the variable `name`, as a command line sets it."""

    name: str
    way: tuple[str, ...]

    @property
    def origin(self) -> Place:
        """The option itself."""
        return Place(f"-e {'.'.join((self.name, *self.way))}")

    def place(self, way: Way = ()) -> Place:
        return self.origin

    def place_of_key(self, way: Way = ()) -> Place:
        return self.origin

    def applies(self, base: Variable | None) -> bool:
        """Whether a variable is one to set the part in; an app has to be there."""
        return setting_of(self.name) != "apps" or (base is not None and self.way[0] in _mapping(base))


@dataclass(frozen=True, slots=True, eq=False)
class Changed(Variable):
    """A variable of which a command line has set parts; `base` None = it was not there before."""

    base: Variable | None
    parts: list[Given]

    def place(self, way: Way = ()) -> Place:
        part = self._part(way)
        return part.origin if part else self.base.place(way) if self.base else self.parts[0].origin

    def place_of_key(self, way: Way = ()) -> Place:
        part = self._part(way)
        return part.origin if part else self.base.place_of_key(way) if self.base else self.parts[0].origin

    def written(self, way: Way = ()) -> str | None:
        part = self._part(way)
        return part.written(way[len(part.way) :]) if part else self.base.written(way) if self.base else None

    def _part(self, way: Way) -> Given | None:
        return next((part for part in reversed(self.parts) if way[: len(part.way)] == part.way), None)


class ExtraVariables:
    """`KEY=VALUE`; `@FILE`; or a mapping `{KEY: VALUE}` in YAML. Of several the last one counts.

    A VALUE is text as it is typed; for a setting that is no text, it is YAML.
    A key with dots sets a part of a variable: `apps.shop.ref=v2` on each host that has an app of that name. What is
    wrong is noted with the reader's problems, `-e` being its place.
    """

    def __init__(self, options: Sequence[str], reader: Reader) -> None:
        self._whole: Variables = {}
        self._parts: list[Given] = []
        self._changed: dict[tuple[int, str], Variable] = {}
        self._reader = reader
        for option in options:
            try:
                self._read(option)
            except DocumentError as error:
                reader.problems.add(error.place, str(error))

    def over(self, variables: Variables) -> Variables:
        """The variables with these on top; hosts that share a variable go on sharing it."""
        if not self._whole and not self._parts:
            return variables
        merged = {**variables, **self._whole}
        for name in dict.fromkeys(part.name for part in self._parts):
            base = merged.get(name)
            parts = [part for part in self._parts if part.name == name and part.applies(base)]
            if parts:
                key = (id(base), name)
                if key not in self._changed:
                    self._changed[key] = self._change(base, parts)
                self._reader.set(merged, name, self._changed[key])
        return merged

    def check(self, hosts: Iterable[Variables]) -> None:
        """Raises UsageError for a part that none of the hosts has a place for."""
        found = list(hosts)
        for part in self._parts:
            bases = [variables.get(part.name) for variables in found]
            if not any(part.applies(base) for base in bases):
                near = nearest(part.way[0], {name for base in bases if base for name in _mapping(base)})
                raise UsageError(
                    f"{part.origin}: none of the chosen hosts has an app {part.way[0]!r}",
                    hint=f"did you mean {near!r}?" if near else None,
                )

    def _read(self, option: str) -> None:
        if option.startswith("@") and option != "@":
            name = option[1:]
            path = Path(name).expanduser()
            vault = self._reader.vault
            document = Document(name, text_of(path, name, vault, pipe=True), self._reader.problems.add, vault)
            variables = self._reader.variables(document, document.root, "a file of variables")
            clear = {name: given.value for name, given in variables.items() if not given.from_vault}
            secret = next((way for name, value in clear.items() if (way := secret_in((name,), value))), None)
            if secret and path.stat().st_mode & 0o077:
                raise DocumentError(
                    variables[secret[0]].place_of_key(secret[1:]),
                    f"{'.'.join(secret)} looks like a secret, and others can read this file: chmod 600 {name}",
                )
            self._whole |= variables
        elif option.lstrip().startswith("{"):
            document = Document("-e", option, self._reader.problems.add)
            variables = self._reader.variables(document, document.root, "-e")
            for name, given in variables.items():
                _refuse_secret(Place(f"-e {name}"), (name,), given.value)
            self._whole |= variables
        else:
            given = _given(option)
            if given.way:
                self._parts.append(given)
            else:
                self._reader.set(self._whole, given.name, given)

    def _change(self, base: Variable | None, parts: list[Given]) -> Variable:
        value = deepcopy(base.value) if base else {}
        for part in parts:
            try:
                _put(value, part)
            except ValueError as error:
                self._reader.problems.add(part.origin, str(error))
        last = parts[-1]
        return Changed(value, last.document, last.key, last.node, base, parts)


def _given(option: str) -> Given:
    """One `KEY=VALUE`. Raises DocumentError."""
    key, equals, text = option.partition("=")
    if not equals or not _KEY.fullmatch(key):
        raise DocumentError(Place("-e"), f"{shown(key)} is not KEY=VALUE (for example apps.shop.ref=v2) or @FILE")
    place = Place(f"-e {key}")
    name, *way = key.split(".")
    setting = setting_of(name)
    is_yaml = setting in Settings.model_fields and not takes_text(Settings, (setting, *way))
    document, node = _document(place, text, is_yaml=is_yaml)
    value = document.value(node)
    for found in (value, _as_yaml(text)):
        _refuse_secret(place, (name, *way), found)
    return Given(value, document, node, node, name, tuple(way))


def _refuse_secret(place: Place, way: tuple[str, ...], value: Any) -> None:
    """Raises DocumentError for a value of a command line that is a secret, or has one in it."""
    if secret := secret_in(way, value):
        raise DocumentError(
            place, f"this looks like a secret, and others can see a command line: {_instead(secret[0])}"
        )


def _document(place: Place, text: str, *, is_yaml: bool) -> tuple[Document, yaml.Node]:
    """A value as YAML reads it where it is that, but text for a template, and for nothing. Raises DocumentError."""
    try:
        document = Document("-e", text if is_yaml and "{{" not in text and "{%" not in text else "")
        return document, document.root or yaml.ScalarNode(TEXT, text)
    except DocumentError as error:
        raise DocumentError(place, str(error)) from None


def _as_yaml(text: str) -> Any:
    """What YAML makes of a text, which may be a mapping with a secret in it; None = nothing."""
    try:
        document = Document("-e", text)
        return document.value(document.root) if document.root else None
    except DocumentError:
        return None


def _instead(name: str) -> str:
    if setting_of(name) == "apps":
        return "put it into the app's env_file"
    return "use --ask-sudo-pass" if name.startswith("ansible_") else "put it into a file, mode 0600: -e @FILE"


def _put(value: Any, part: Given) -> None:
    """Sets a part, and makes the mappings on the way to it. Raises ValueError where something else is in the way."""
    *steps, last = part.way
    shown = part.name
    for step in (*steps, None):
        if not isinstance(value, dict):
            raise ValueError(
                f"{shown} is no mapping but {'a list' if isinstance(value, list) else 'text'}: set it whole"
            )
        if step is not None:
            value, shown = value.setdefault(step, {}), f"{shown}.{step}"
    value[last] = part.value


def _mapping(variable: Variable) -> dict[str, Any]:
    return variable.value if isinstance(variable.value, dict) else {}
