"""Which Python an app is written for, and which of a host's it gets."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from windlass.errors import HostError, SourceError
from windlass.source import project_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from windlass.source.requirements import Requirements
    from windlass.source.tree import Tree

DEFAULT = "/usr/bin/python3"
# One version that an app was written with, as pyenv, uv and Heroku have it.
_PINS = {
    ".python-version": re.compile(r"\s*(?:cpython-|python-?)?(3\.\d+)(?:\.\d+)?\s*(?:#.*)?"),
    "runtime.txt": re.compile(r"\s*python-(3\.\d+)(?:\.\d+)?\s*"),
}


@dataclass(frozen=True)
class Interpreter:
    """A Python of a host: its name or path, its version (3.11), and what the user should hear of it ("" = nothing)."""

    command: str
    version: str
    told: str = ""


@dataclass(frozen=True)
class Wanted:
    """The versions (`>=3.11`, each with its place) that an app asks for, and the one that it was written with, if any.

    `given` is the setting: a version or a path; None = whichever of the host's fits.
    """

    versions: tuple[tuple[str, str], ...] = ()
    pin: tuple[str, str] | None = None
    given: str | None = None

    def on(self, version: str, others: Sequence[str]) -> Interpreter:
        """What it gets on a host whose own is `version` (3.11.2), and that has `others` (3.12).

        Raises HostError when none fits.
        """
        own = ".".join(version.split(".")[:2])
        if self.given is not None:
            return Interpreter(_command(self.given), _version(self.given))
        fitting = [each for each in (own, *others) if self._unfit(each) is None]
        if not fitting:
            needs, place = self._unfit(version) or ("", "")
            raise HostError(
                f"{place}: needs Python {needs}, the host has {own}",
                hint="Take a host that has it (Debian 12 has 3.11, 13 has 3.13), or install it there and say"
                " `python: '3.13'`.",
            )
        if self.pin and self.pin[0] in fitting:
            return Interpreter(_named(self.pin[0], own), self.pin[0])
        chosen = Interpreter(_named(fitting[0], own), fitting[0])
        if not self.pin:
            return chosen
        told = f"{self.pin[1]} asks for Python {self.pin[0]}, which is not there: {chosen.version} is taken"
        return replace(chosen, told=told)

    def _unfit(self, version: str) -> tuple[str, str] | None:
        """What a version of Python does not fit, and where that is asked for; None = it fits."""
        from packaging.specifiers import SpecifierSet

        # 3.11 stands for whichever of its releases a host has.
        full = version if version.count(".") > 1 else f"{version}.99"
        return next((each for each in self.versions if not SpecifierSet(each[0]).contains(full)), None)

    def check(self) -> None:
        """Raises SourceError where the setting names a version that the app is not for."""
        unfit = self._unfit(_version(self.given)) if self.given else None
        if unfit:
            raise SourceError(
                f"{unfit[1]}: needs Python {unfit[0]}, and the app's `python` is {self.given}",
                hint="Correct `python`, or leave it out.",
            )


def wanted(tree: Tree, requirements: Requirements, given: str | None) -> Wanted:
    """What the source says, in any of the files that say it, and the app's setting. Raises SourceError."""
    found = {requirements.file: requirements.python}
    for name in project_files.NAMES[:2]:
        project = project_files.read(tree, name) if name in tree and name not in found else None
        found[name] = found.get(name) or (project.python if project else "")
    asking = {file: text for file, text in found.items() if text}
    # Pipenv itself merely warns where it has another.
    pinned = {file: asking.pop(file) for file in list(asking) if posixpath.basename(file).startswith("Pipfile")}
    pins = [(text.removeprefix("==").removesuffix(".*"), f"{tree.label}/{file}") for file, text in pinned.items()]
    pins += [
        (match[1], f"{tree.label}/{name}")
        for name, pattern in _PINS.items()
        if name in tree and (match := pattern.fullmatch(tree.text(name)))
    ]
    versions = tuple((_checked(tree, file, text), f"{tree.label}/{file}") for file, text in asking.items())
    asked = Wanted(versions, pins[0] if pins else None, given)
    asked.check()
    return asked


def _checked(tree: Tree, file: str, text: str) -> str:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return str(SpecifierSet(text))
    except InvalidSpecifier:
        raise SourceError(f"{tree.label}/{file}: {text!r} are no versions of Python", hint="Write >=3.11.") from None


def _version(given: str) -> str:
    return posixpath.basename(given).removeprefix("python")


def _command(given: str) -> str:
    return given if given.startswith("/") else f"python{given}"


def _named(version: str, own: str) -> str:
    return DEFAULT if version == own else f"python{version}"
