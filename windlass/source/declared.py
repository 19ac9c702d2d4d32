"""What files for other tools say of how an app is started: Procfile, Dockerfile, .flaskenv, Gunicorn's own."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from windlass.errors import SourceError
from windlass.source import dockerfile as dockerfiles
from windlass.source import own_gunicorn
from windlass.source.module import parsed
from windlass.source.started import Server, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.source.dockerfile import Dockerfile
    from windlass.source.tree import Tree


@dataclass(frozen=True)
class Process:
    """A command of a Procfile, at `place` (FILE:LINE)."""

    command: str
    place: str


def declared(tree: Tree) -> Iterator[tuple[str, str]]:
    """What is served by the word of each of these files, and where it says so, those for production first."""
    image = dockerfile(tree)
    web = procfile(tree).get("web")
    for command, place in ([(web.command, web.place)] if web else []) + [(image.command, image.place)]:
        server = served(command)
        if server.target:
            yield _from_the_top(server), place
    yield from _of_gunicorn(tree)
    for variables, place in ((flaskenv(tree), ".flaskenv"), (image.env, "Dockerfile")):
        if variables.get("FLASK_APP"):
            yield variables["FLASK_APP"], place


def _from_the_top(server: Server) -> str:
    """What a command serves, seen from the top of the source."""
    place, colon, name = (server.target or "").partition(":")
    if server.folder:
        place = f"{server.folder}/{place if place.endswith('.py') else place.replace('.', '/')}"
    return f"{place}{colon}{name}"


def procfile(tree: Tree) -> dict[str, Process]:
    """The commands of a Procfile by the kind of their process (`web`, `release`, `worker`, ...)."""
    found = {}
    for number, line in enumerate(_text(tree, "Procfile").splitlines(), 1):
        match = re.fullmatch(r"\s*([\w-]+)\s*:\s*(\S.*?)\s*", line)
        if match:
            found[match[1]] = Process(match[2], f"Procfile:{number}")
    return found


def flaskenv(tree: Tree) -> dict[str, str]:
    """The variables of `.flaskenv`."""

    from dotenv import dotenv_values

    given = dotenv_values(stream=StringIO(_text(tree, ".flaskenv")), interpolate=False)
    return {name: value for name, value in given.items() if value is not None}


def dockerfile(tree: Tree) -> Dockerfile:
    """What the Dockerfile says; an empty one where there is none."""
    return dockerfiles.read(_text(tree, "Dockerfile"))


def _of_gunicorn(tree: Tree) -> Iterator[tuple[str, str]]:
    """`wsgi_app` of a gunicorn.conf.py."""
    code = parsed(_text(tree, own_gunicorn.FILE))
    for statement in code.body if code else ():
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            named = any(isinstance(target, ast.Name) and target.id == own_gunicorn.READ for target in statement.targets)
            if named and isinstance(statement.value.value, str):
                yield statement.value.value, f"{own_gunicorn.FILE}:{statement.lineno}"


def _text(tree: Tree, path: str) -> str:
    try:
        return tree.text(path) if path in tree else ""
    except SourceError:  # it is somebody else's file
        return ""
