"""What an app needs installed, as one text for pip, from any of the files that Python projects say it in.

The project itself is never pip-installed: its code runs from the release folder. So a virtual environment depends on
nothing but requirements, is shared by all releases that have the same, and costs nothing while they stay the same.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.errors import SourceError
from windlass.source import imports, locks, pip_lines, project_files, uv_lock

if TYPE_CHECKING:
    from windlass.source.project_files import Project
    from windlass.source.tree import Tree

# What is looked for, in this order. A requirements file is somebody's word on what goes to a host, a lock the tool's.
FILES = (
    "uv.lock", "requirements.txt", *locks.NAMES, "requirements/prod.txt", "requirements/production.txt",
    "requirements/requirements.txt", "requirements/base.txt", *project_files.NAMES,
)  # fmt: skip


@dataclass(frozen=True)
class Requirements:
    """Lines for `pip install -r` and for `-c` (`""` = none), from `file` in the source.

    `python` are the versions that its authors ask for, as `>=3.11` (`""` = any), `folders` those in the source that
    packages of the app's own are imported from, `remarks` sentences that the user should read once.
    """

    file: str
    text: str
    constraints: str = ""
    python: str = ""
    folders: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The normalised names of what is asked for."""
        lines = (line for line in self.text.splitlines() if not line.startswith("-"))
        return frozenset(pip_lines.name_of(line) for line in lines)

    @property
    def hashed(self) -> bool:
        """Whether pip insists on hashes, so that nothing without one can be installed in the same run."""
        return "--hash=" in self.text or "--require-hashes" in self.text


def file_of(tree: Tree) -> str | None:
    """The file of a source that says what to install, None = none does."""
    return next((name for name in FILES if _declares(tree, name)), None)


def read(tree: Tree, given: str | list[str] | None) -> Requirements:
    """The requirements that are given, or in the file of the source; None = the first of FILES that says something."""
    if isinstance(given, list):
        lines = _Lines(tree)
        lines.take_text("".join(f"{line}\n" for line in given), "`requirements`")
        return Requirements("`requirements`", _text(lines.requirements))
    file = given
    if file is None:
        file = file_of(tree)
        if file is None:
            raise _nothing(tree)
    if file not in tree:
        raise SourceError(
            f"{tree.label}: there is no {file}, the app's `requirements`",
            hint="Is it ignored by .gitignore or .deployignore?",
        )
    lines = _Lines(tree)
    folders: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    name = posixpath.basename(file)
    if name == "uv.lock":
        exported = uv_lock.read(tree, file)
        lines.python, folders, remarks = exported.python, exported.folders, exported.remarks
        lines.take_text(exported.text, file)
    elif locks.is_lock(file):
        locked = locks.read(tree, file)
        lines.python, remarks = locked.python, locked.remarks
        lines.take_text(locked.text(), file)
    elif name in project_files.NAMES:
        lines.take_project(file, extras=[])
    else:
        lines.take_file(file)
    return Requirements(file, _text(lines.requirements), _text(lines.constraints), lines.python, folders, remarks)


def _nothing(tree: Tree) -> SourceError:
    below = sorted(path for path in tree.entries if posixpath.basename(path) in FILES and path.count("/") == 1)
    found = ", ".join(each.requirement for each in imports.proposed(tree))
    way = f", or tell it, from what it imports: `requirements: [{found}]`" if found else ""
    if below:
        way = f"; there is {below[0]}: is the app all in that folder (`subdirectory: {posixpath.dirname(below[0])}`)?"
    return SourceError(
        f"{tree.label}: it says nowhere what to install: there is no requirements.txt, no lock file and no"
        " pyproject.toml with dependencies",
        hint=f"Add one of them, or name another with the app's `requirements`{way if below else way + '.'}",
    )


class _Lines:
    """Requirement and constraint lines, gathered through all files that are named on the way."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.requirements: list[str] = []
        self.constraints: list[str] = []
        self.python = ""
        self._open: list[str] = []
        self._taken: set[tuple[str, bool]] = set()

    def take_file(self, path: str, *, constraint: bool = False) -> None:
        """Takes in a requirements file and those that it names."""
        if path in self._open or (path, constraint) in self._taken:
            return
        self._taken.add((path, constraint))
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
        """Takes in the dependencies that a project declares in a file, and those of some extras."""
        project = project_files.read(self.tree, path)
        if project is None:
            raise SourceError(
                f"{self.tree.label}/{path}: it says nothing of dependencies",
                hint="Give it a [project] table with dependencies, or write a requirements.txt.",
            )
        self.python = project.python
        self._take_declared(project, extras)

    def _take_declared(self, project: Project, extras: list[str]) -> None:
        place = f"{self.tree.label}/{project.path}"
        for named in project.files:
            self.take_file(self._named(project.path, named, place))
        for extra in extras:
            if extra not in project.extras:
                raise SourceError(
                    f"{place}: there is no extra {extra!r}; there are {', '.join(project.extras) or 'none'}"
                )
        for line in (*project.lines, *(line for extra in extras for line in project.extras[extra])):
            self._requirement(line, place, constraint=False)

    def _requirement(self, line: str, place: str, *, constraint: bool) -> None:
        extras = pip_lines.extras_of_project(line)
        if extras is None:
            pip_lines.check_requirement(line, place)
            (self.constraints if constraint else self.requirements).append(line)
            return
        declaring = next((name for name in project_files.NAMES if _declares(self.tree, name)), None)
        if declaring is None:
            raise SourceError(
                f"{place}: {line} asks for the project itself, which is not installed but runs from its folder",
                hint="Write down what it depends on, in this file or in a pyproject.toml.",
            )
        if declaring not in self._open:
            self._open.append(declaring)
            self.take_project(declaring, extras)
            self._open.pop()

    def _named(self, path: str, named: str, place: str) -> str:
        """The path in the source of a file that another one names."""
        found = posixpath.normpath(posixpath.join(posixpath.dirname(path), named))
        if found not in self.tree:
            why = "only files of the source can be" if "://" in named else "there is no such file in the source"
            raise SourceError(f"{place}: {named} cannot be read: {why}")
        return found


def _declares(tree: Tree, name: str) -> bool:
    return name in tree and (name not in project_files.NAMES or project_files.read(tree, name) is not None)


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
