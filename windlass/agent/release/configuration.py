"""What a release runs with beside its code: as it lies on the host, where somebody may have changed it."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from windlass.agent import files
from windlass.agent.release.environment import Environment
from windlass.agent.release.instance import UNITS
from windlass.agent.resources.patch import Side, patch, patch_of

if TYPE_CHECKING:
    from windlass.agent.release.instance import Instance
    from windlass.agent.release.records import Record, Releases

MODES = {"env": 0o600, "gunicorn": 0o640, "service": 0o644, "socket": 0o644}
# In Gunicorn's configuration, and in units.
_SETTING = re.compile(r"^(\w+) ?= ?(.*)$", re.MULTILINE)
# How many workers an app has beside others of its host, behind which it stands how many it would have alone.
_SHARE = re.compile(rb"^workers = \d+(?=  # )", re.MULTILINE)
# A report has no longer words for a difference (characters).
LONGEST = 40


class Configuration:
    """The configuration of a release that is there.

    `parts` are what it consists of, by name: of each file the digest of what it says (None = it is not there). That of
    `env` covers secrets, and is not shown.
    """

    def __init__(self, releases: Releases, instance: Instance, record: Record) -> None:
        folder = releases.path(record.id)
        self._paths = {
            "env": f"{folder}/env",
            "gunicorn": f"{folder}/gunicorn.conf.py",
            "service": f"{UNITS}/{instance.service}",
            "socket": f"{UNITS}/{instance.socket}",
        }
        self.parts: dict[str, Any] = {name: files.digest(path) for name, path in self._paths.items()}
        self.parts["gunicorn"] = _read(self._paths["gunicorn"])
        self._environment = _written(self._paths["env"], frozenset(record.secret))
        if self._environment is not None:
            self.parts["env"] = hashlib.sha256(self._environment.to_json()).hexdigest()
        self.parts.update(static=record.static, data=record.data, release_command=record.release_command)

    def difference(self, name: str, wanted: bytes) -> str:
        """What is another in a file than in the `wanted` one (`env`: as JSON), in few words: names, no values."""
        if self.parts[name] is None:
            return "missing"
        names = self._variables(wanted) if name == "env" else self._settings(name, wanted)
        if not names:
            return "different"
        words = f"other {', '.join(names)}"
        return words if len(words) <= LONGEST else f"other {names[0]} and {len(names) - 1} more"

    def patch(self, name: str, wanted: bytes) -> str:
        """The change of a file to the `wanted` one; of `env` without values, too."""
        if name != "env":
            return patch_of(self._paths[name], wanted, MODES[name])
        old, new = Side(None, MODES[name]), Side(None, MODES[name])
        if self._environment is not None:
            before, after = self._environment.variables, Environment.from_json(wanted).variables
            old, new = (Side(_names(variables, before), MODES[name]) for variables in (before, after))
        return patch(self._paths[name], old, new)

    def _variables(self, wanted: bytes) -> list[str]:
        if self._environment is None:
            return []  # what looks like a name there, may be a piece of a secret
        before, after = self._environment, Environment.from_json(wanted)
        changed = {name for name, _ in before.variables.items() ^ after.variables.items()}
        return sorted(changed | (before.secret ^ after.secret))

    def _settings(self, name: str, wanted: bytes) -> list[str]:
        with open(self._paths[name], encoding="utf-8", errors="replace") as file:
            before, after = (set(_SETTING.findall(text)) for text in (file.read(), wanted.decode()))
        ours = {setting for setting, _ in after}  # what else looks like one may be a piece of anything
        return sorted({setting for setting, _ in before ^ after} & ours)


def digest(gunicorn: bytes) -> str:
    """Names what Gunicorn's configuration says, whatever share of the host is left to the app.

    Another app is no reason for a new release: that comes to its share at its next one.
    """
    return hashlib.sha256(_SHARE.sub(b"workers", gunicorn)).hexdigest()


def _read(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            return digest(file.read())
    except FileNotFoundError:
        return None


def _written(path: str, secret: frozenset[str]) -> Environment | None:
    """What an environment file says; None = it is not there, or not as we write them."""
    try:
        with open(path, "rb") as file:
            data = file.read()
        environment = Environment.from_file(data, secret)
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return environment if environment.file() == data else None


def _names(variables: dict[str, str], before: dict[str, str]) -> bytes:
    """A line for each variable that tells, of its value, only whether it is another one than before."""
    lines = (
        f"{name}=({'a value' if before.get(name) == value else 'another value'})\n"
        for name, value in sorted(variables.items())
    )
    return "".join(lines).encode()
