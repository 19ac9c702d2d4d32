"""An app's environment as systemd reads it from a file (systemd.exec(5), EnvironmentFile=)."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from functools import cached_property

# Inside double quotes systemd takes a backslash as an escape before these only; a newline stands for itself there.
_ESCAPED = re.compile(r'[\\"`$]')
_LINE = re.compile(r'^(\w+)="((?:[^"\\]|\\.)*)"$', re.MULTILINE | re.DOTALL)
_UNQUOTED = re.compile(r"[ !#-%(-;=?-\[\]-~]+")
# A secret shorter than this hides by chance in ordinary words; blotting it out would only show what it is.
SHORTEST_SECRET = 6


@dataclass(frozen=True)
class Environment:
    """Variables by name, and the names of those whose values are secret; travels as JSON."""

    variables: dict[str, str]
    secret: frozenset[str]

    @classmethod
    def from_json(cls, data: bytes) -> Environment:
        """What `to_json` made."""
        known = json.loads(data)
        return cls(known["variables"], frozenset(known["secret"]))

    def to_json(self) -> bytes:
        """The same bytes for the same environment."""
        known = {"variables": self.variables, "secret": sorted(self.secret)}
        return json.dumps(known, sort_keys=True).encode()

    def file(self) -> bytes:
        """The content of an EnvironmentFile that gives a process exactly these values."""
        lines = (f'{name}="{_ESCAPED.sub(_escape, value)}"\n' for name, value in sorted(self.variables.items()))
        return "".join(lines).encode()

    @classmethod
    def from_file(cls, data: bytes, secret: frozenset[str]) -> Environment:
        """What `file` made, which does not say what is secret."""
        found = _LINE.findall(data.decode())
        return cls({name: re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL) for name, value in found}, secret)

    def mask(self, text: str) -> str:
        """A text for the user in which no secret value stands, not even where the app itself prints one.

        Give it whole texts: of one that was cut, half a secret may be left.
        """
        for words in self._hidden:
            text = text.replace(words, "(sensitive)")
        return text

    @cached_property
    def _hidden(self) -> list[str]:
        """What is blotted out, the longest first."""
        # Of a file that somebody has changed, a name may be gone.
        values = {self.variables[name] for name in self.secret & self.variables.keys()}
        # Of a key in several lines, each one may come alone, or all in one.
        lines = {line.strip() for value in values for line in value.splitlines()}
        lines |= {" ".join(value.split()) for value in values}
        # However often it was quoted (a repr in a repr, JSON, HTML), these stretches of it stay as they are.
        pieces = {piece.strip() for value in values for piece in _UNQUOTED.findall(value)}
        quoted = {json.dumps(value)[1:-1] for value in values}
        words = values | lines | quoted | pieces
        return sorted((each for each in words if len(each) >= SHORTEST_SECRET), key=len, reverse=True)


def fingerprints(variables: dict[str, str], key: bytes) -> dict[str, str]:
    """What tells, by name, whether two values are the same, and nothing else to who does not have the key."""
    return {name: hmac.new(key, value.encode(), hashlib.sha256).hexdigest() for name, value in variables.items()}


def deployed(app: str, key: bytes) -> dict[str, str] | None:
    """The fingerprints of the environment of an app's current release; None = it has none."""
    try:
        with open(f"/srv/{app}/current/env", "rb") as file:
            return fingerprints(Environment.from_file(file.read(), frozenset()).variables, key)
    except FileNotFoundError:
        return None


def _escape(found: re.Match[str]) -> str:
    return f"\\{found[0]}"
