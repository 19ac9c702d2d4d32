"""Settings of the kernel, now and after a boot."""

from __future__ import annotations

import glob
import hashlib
import os
from dataclasses import dataclass

from windlass.agent import files
from windlass.agent.failures import Failed
from windlass.agent.resources.patch import patch_of
from windlass.agent.resources.resource import Diff, Resource, State

KERNEL = "/proc/sys"


@dataclass(eq=False)
class Sysctl(Resource):
    """Lines `name = value` in the file `path`, which are in effect; a `*` in a name is every network interface.

    What this kernel does not have, or does not let a container set, stands in the file and is told: it is neither a
    failure nor is it claimed.
    """

    path: str
    content: str
    _told = False

    def desired(self) -> State:
        return {"file": hashlib.sha256(self.content.encode()).hexdigest(), **self._settings}

    def actual(self) -> State:
        values = {name: _value(name, wanted) for name, wanted in self._settings.items()}
        return {"file": files.digest(self.path), **values}

    def apply(self, diff: Diff) -> None:
        self._told = True
        if "file" in diff:
            files.write(self.path, self.content.encode())
        for name in diff.keys() - {"file"}:
            for place in _places(name):
                _set(place, name, self._settings[name])

    def patch(self) -> str:
        return patch_of(self.path, self.content.encode())

    def notes(self) -> dict[str, str]:
        held_back = [name for name in self._settings if not _places(name)]
        if not (held_back and self._told):
            return {}
        words = f"kernel: {len(held_back)} of {len(self._settings)} settings are not to be had here"
        return {"kernel": f"{words} (read-only, as in a container, or unknown)"}

    @property
    def _settings(self) -> dict[str, str]:
        lines = (line.partition("=") for line in self.content.splitlines() if "=" in line and line[0] != "#")
        return {name.strip(): value.strip() for name, _, value in lines}


def _places(name: str) -> list[str]:
    """The files of a setting that may be written; a container has them read-only, or not at all."""
    return [path for path in glob.glob(f"{KERNEL}/{name.replace('.', '/')}") if os.access(path, os.W_OK)]


def _set(place: str, name: str, value: str) -> None:
    try:
        with open(place, "w", encoding="ascii") as file:
            file.write(value)
    except OSError as error:
        raise Failed(f"the kernel refuses {name} = {value}: {error.strerror}") from None


def _value(name: str, wanted: str) -> str:
    """The first value that is another, or else the one that is wanted."""
    for place in _places(name):
        with open(place, encoding="utf-8") as file:
            value = file.read().strip()
        if value != wanted:
            return value
    return wanted
