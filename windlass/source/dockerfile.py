"""What a Dockerfile says of the app that its image is for."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Dockerfile:
    """What one says of the image's last stage, and Debian `packages` of any; `command` at `place`, "" = none."""

    command: str = ""
    place: str = ""
    env: dict[str, str] = field(default_factory=dict)
    packages: tuple[str, ...] = ()


def read(text: str) -> Dockerfile:
    """What the text of a Dockerfile says."""
    entry, command, place = "", "", ""
    env: dict[str, str] = {}
    packages: dict[str, None] = {}
    for number, word, rest in _instructions(text):
        if word == "FROM":
            entry, command, env = "", "", {}
        elif word == "CMD":
            command, place = _shell(rest), f"Dockerfile:{number}"
        elif word == "ENTRYPOINT":
            entry, place = _shell(rest), f"Dockerfile:{number}"
        elif word == "ENV":
            env |= _variables(rest)
        elif word == "RUN":
            packages |= dict.fromkeys(_debian_packages(rest))
    return Dockerfile(f"{entry} {command}".strip(), place, env, tuple(packages))


def _instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """Line, word and rest of a Dockerfile's instructions."""
    held, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#"):
            continue
        start = start if held else number
        if line.rstrip().endswith("\\"):
            held += line.rstrip()[:-1] + " "
            continue
        word, _, rest = (held + line).strip().partition(" ")
        held = ""
        if word:
            yield start, word.upper(), rest.strip()


def _shell(rest: str) -> str:
    """The command of an instruction in either form, as one line."""
    if rest.startswith("["):
        try:
            return shlex.join(str(word) for word in json.loads(rest))
        except ValueError:
            pass
    return rest


def _variables(rest: str) -> dict[str, str]:
    try:
        words = shlex.split(rest)
    except ValueError:
        return {}
    if words and "=" not in words[0]:
        return {words[0]: " ".join(words[1:])}
    return dict(word.partition("=")[::2] for word in words if "=" in word)


def _debian_packages(rest: str) -> Iterator[str]:
    for command in re.split(r"&&|;|\|\|", rest):
        found = re.search(r"\bapt(?:-get)?\b(?:\s+-\S+)*\s+install\s+(.*)", command)
        for word in found[1].split() if found else []:
            name = word.partition("=")[0]
            if re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", name):
                yield name
