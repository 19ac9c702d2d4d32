"""What an app needs installed, as one text for pip, from any of the files that Python projects say it in.

The project itself is never pip-installed: its code runs from the release folder. So a virtual environment depends on
nothing but requirements, is shared by all releases that have the same, and costs nothing while they stay the same.
"""

from __future__ import annotations

import posixpath
import subprocess
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from windlass.errors import SourceError
from windlass.source import pip_lines

if TYPE_CHECKING:
    from windlass.source.tree import Tree

FILES = ("uv.lock", "requirements.txt", "pyproject.toml")
EXPORT = (
    "export", "--frozen", "--no-dev", "--no-emit-project", "--no-header", "--no-annotate", "--offline",
    "--no-python-downloads", "--no-progress",
)  # fmt: skip
EXPORT_TIMEOUT = 60


@dataclass(frozen=True)
class Requirements:
    """Lines for `pip install -r` and for `-c` (`""` = none), from `file` in the source."""

    file: str
    text: str
    constraints: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The normalised names of what is asked for."""
        lines = (line for line in self.text.splitlines() if not line.startswith("-"))
        return frozenset(pip_lines.name_of(line) for line in lines)

    @property
    def hashed(self) -> bool:
        """Whether pip insists on hashes, so that nothing without one can be installed in the same run."""
        return "--hash=" in self.text or "--require-hashes" in self.text


def read(tree: Tree, file: str | None) -> Requirements:
    """The requirements in `file` of the source; None = the first of FILES that is there."""
    if file is None:
        file = next((name for name in FILES if name in tree), None)
        if file is None:
            raise SourceError(
                f"{tree.label}: it says nowhere what to install: there is no {', no '.join(FILES)}",
                hint="Add one of them, or name another with the app's `requirements`.",
            )
    if file not in tree:
        raise SourceError(
            f"{tree.label}: there is no {file}, the app's `requirements`",
            hint="Is it ignored by .gitignore or .deployignore?",
        )
    lines = _Lines(tree)
    name = posixpath.basename(file)
    if name == "uv.lock":
        lines.take_text(_exported(tree, file), file)
    elif name == "pyproject.toml":
        lines.take_project(file, extras=[])
    else:
        lines.take_file(file)
    return Requirements(file, _text(lines.requirements), _text(lines.constraints))


class _Lines:
    """Requirement and constraint lines, gathered through all files that are named on the way."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.requirements: list[str] = []
        self.constraints: list[str] = []
        self._open: list[str] = []

    def take_file(self, path: str, *, constraint: bool = False) -> None:
        """Takes in a requirements file and those that it names."""
        if path in self._open:
            return
        self._open.append(path)
        self.take_text(self.tree.text(path), path, constraint=constraint)
        self._open.pop()

    def take_text(self, text: str, path: str, *, constraint: bool = False) -> None:
        """Takes in the lines of a file."""
        for number, line in pip_lines.logical_lines(text):
            place = f"{self.tree.label}/{path}:{number}"
            option = pip_lines.option(line)
            if option is None:
                self._requirement(line, place, constraint=constraint)
            elif option[0] == "--editable":
                self._requirement(option[1], place, constraint=constraint)
            elif option[0] in ("--requirement", "--constraint"):
                named = self._named(path, option[1], place)
                self.take_file(named, constraint=constraint or option[0] == "--constraint")
            else:
                pip_lines.check_option(*option, place)
                self.requirements.append(" ".join(option).strip())

    def take_project(self, path: str, extras: list[str]) -> None:
        """Takes in the dependencies that a pyproject.toml declares (PEP 621), and those of some extras."""
        project = _project(self.tree, path)
        place = f"{self.tree.label}/{path}"
        optional = project.get("optional-dependencies", {})
        for extra in extras:
            if extra not in optional:
                raise SourceError(f"{place}: there is no extra {extra!r} in project.optional-dependencies")
        lines = [*project.get("dependencies", []), *(line for extra in extras for line in optional[extra])]
        for line in lines:
            self._requirement(str(line).strip(), place, constraint=False)

    def _requirement(self, line: str, place: str, *, constraint: bool) -> None:
        extras = pip_lines.extras_of_project(line)
        if extras is None:
            pip_lines.check_requirement(line, place)
            (self.constraints if constraint else self.requirements).append(line)
        elif "pyproject.toml" in self.tree:
            self.take_project("pyproject.toml", extras)
        else:
            raise SourceError(
                f"{place}: {line} asks for the project itself, which is not installed but runs from its folder",
                hint="Write down what it depends on, in this file or in a pyproject.toml.",
            )

    def _named(self, path: str, named: str, place: str) -> str:
        """The path in the source of a file that another one names."""
        found = posixpath.normpath(posixpath.join(posixpath.dirname(path), named))
        if found not in self.tree:
            why = "only files of the source can be" if "://" in named else "there is no such file in the source"
            raise SourceError(f"{place}: {named} cannot be read: {why}")
        return found


def _project(tree: Tree, path: str) -> dict[str, Any]:
    """The `project` table of a pyproject.toml whose dependencies can be read off it."""
    place = f"{tree.label}/{path}"
    try:
        document = tomllib.loads(tree.text(path))
    except tomllib.TOMLDecodeError as error:
        raise SourceError(f"{place}: {error}") from None
    project = document.get("project")
    tools = document.get("tool", {})
    if not isinstance(project, dict):
        advice = "poetry export -o requirements.txt" if "poetry" in tools else "a [project] table with dependencies"
        raise SourceError(f"{place}: there is no [project] table", hint=f"Use: {advice}; or write a requirements.txt.")
    if "dependencies" in project.get("dynamic", []):
        raise SourceError(
            f"{place}: the dependencies are dynamic, only a build would know them",
            hint="List them in project.dependencies, or name their file with the app's `requirements`.",
        )
    if tools.get("uv", {}).get("sources"):
        raise SourceError(
            f"{place}: tool.uv.sources says where packages come from, which pip does not understand",
            hint="Commit a uv.lock (`uv lock`), or name a requirements file with the app's `requirements`.",
        )
    return project


def _exported(tree: Tree, lock: str) -> str:
    """What `uv export` makes of a lock file and the pyproject.toml beside it."""
    import uv

    project = posixpath.join(posixpath.dirname(lock), "pyproject.toml")
    if project not in tree:
        raise SourceError(
            f"{tree.label}/{lock}: there is no pyproject.toml beside it",
            hint="Is it ignored by .gitignore or .deployignore?",
        )
    with tempfile.TemporaryDirectory(prefix="windlass-") as folder:
        for path in (lock, project):
            Path(folder, posixpath.basename(path)).write_text(tree.text(path))
        try:
            done = subprocess.run(
                [uv.find_uv_bin(), *EXPORT, "--project", folder],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=EXPORT_TIMEOUT,
            )
        except subprocess.TimeoutExpired:
            raise SourceError(
                f"{tree.label}/{lock}: `uv export` took more than {EXPORT_TIMEOUT} s",
                hint="Try again, or name a requirements.txt with the app's `requirements`.",
            ) from None
    if done.returncode:
        raise SourceError(
            f"{tree.label}/{lock}: `uv export` refuses it: {done.stderr.strip()}", hint="Try `uv lock`, then again."
        )
    return done.stdout


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
