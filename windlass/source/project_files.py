"""What a project depends on by its own word: pyproject.toml (standard or Poetry's), setup.cfg, setup.py, Pipfile.

None of them is run: what only a build would know is refused.
"""

from __future__ import annotations

import ast
import configparser
import posixpath
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from windlass.errors import SourceError
from windlass.source import poetry
from windlass.source.module import parsed

if TYPE_CHECKING:
    from windlass.source.tree import Tree

NAMES = ("pyproject.toml", "Pipfile", "setup.cfg", "setup.py")
_NAME_THEM = "List them in project.dependencies, or name their file with the app's `requirements`."


@dataclass(frozen=True)
class Project:
    """Requirement lines, those of extras by name, and the versions of Python (`>=3.11`; "" = any) it is for.

    `files` are requirements files that have the lines instead, relative to the project.
    """

    path: str
    lines: tuple[str, ...] = ()
    extras: dict[str, tuple[str, ...]] = field(default_factory=dict)
    python: str = ""
    files: tuple[str, ...] = ()


def read(tree: Tree, path: str) -> Project | None:
    """What a file of one of NAMES says; None = it is not about dependencies. Raises SourceError."""
    kinds = {"pyproject.toml": _pyproject, "Pipfile": _pipfile, "setup.cfg": _setup_cfg}
    try:
        return kinds.get(posixpath.basename(path), _setup_py)(tree, path)
    except (TypeError, AttributeError):
        raise SourceError(f"{tree.label}/{path}: its dependencies are not as they should be") from None


def toml(tree: Tree, path: str) -> dict[str, Any]:
    """A TOML file of the source. Raises SourceError."""
    try:
        return tomllib.loads(tree.text(path))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SourceError(f"{tree.label}/{path}: {error}") from None


def _pyproject(tree: Tree, path: str) -> Project | None:
    place = f"{tree.label}/{path}"
    document = toml(tree, path)
    tools = _table(document.get("tool"))
    project = document.get("project")
    if not isinstance(project, dict):
        wanted = _table(tools.get("poetry"))
        return Project(path, *poetry.dependencies(wanted, place)) if "dependencies" in wanted else None
    if _table(tools.get("uv")).get("sources"):
        raise SourceError(
            f"{place}: tool.uv.sources says where packages come from, which pip does not understand",
            hint="Commit a uv.lock (`uv lock`), or name a requirements file with the app's `requirements`.",
        )
    python = str(project.get("requires-python", ""))
    extras = {name: _lines(given) for name, given in _table(project.get("optional-dependencies")).items()}
    if "dependencies" in project.get("dynamic", []):
        given = _table(_table(_table(tools.get("setuptools")).get("dynamic")).get("dependencies")).get("file", [])
        files = _lines([given] if isinstance(given, str) else given)
        if not files:
            raise SourceError(f"{place}: the dependencies are dynamic, only a build would know them", hint=_NAME_THEM)
        return Project(path, extras=extras, python=python, files=files)
    return Project(path, _lines(project.get("dependencies")), extras, python)


def _pipfile(tree: Tree, path: str) -> Project:
    document = toml(tree, path)
    lines = [
        poetry.line(name, given, f"{tree.label}/{path}") for name, given in _table(document.get("packages")).items()
    ]
    wanted = _table(document.get("requires"))
    version = str(wanted.get("python_full_version") or wanted.get("python_version") or "")
    minor = ".".join(version.split(".")[:2])
    return Project(path, tuple(line for line in lines if line), python=f"=={minor}.*" if minor else "")


def _setup_cfg(tree: Tree, path: str) -> Project | None:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(tree.text(path))
    except configparser.Error as error:
        raise SourceError(f"{tree.label}/{path}: {str(error).partition(chr(10))[0]}") from None
    if not parser.has_option("options", "install_requires"):
        return None
    given = parser.get("options", "install_requires")
    python = parser.get("options", "python_requires", fallback="")
    if given.strip().startswith("file:"):
        files = given.strip().removeprefix("file:").replace("\n", ",").split(",")
        return Project(path, python=python, files=tuple(name.strip() for name in files if name.strip()))
    sections = parser["options.extras_require"] if parser.has_section("options.extras_require") else {}
    extras = {name: tuple(filter(None, map(str.strip, text.splitlines()))) for name, text in sections.items()}
    return Project(path, tuple(filter(None, map(str.strip, given.replace(";\n", "\n").splitlines()))), extras, python)


def _setup_py(tree: Tree, path: str) -> Project | None:
    """What a setup.py passes to `setup()` as it stands there: nothing is computed."""
    place = f"{tree.label}/{path}"
    code = parsed(tree.text(path))
    if code is None:
        return None
    values = {
        target.id: statement.value
        for statement in code.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(code):
        if (
            isinstance(node, ast.Call)
            and (getattr(node.func, "id", None) or getattr(node.func, "attr", None)) == "setup"
        ):
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            if "install_requires" not in given:
                return None
            return Project(
                path,
                _lines(_literal(given["install_requires"], values, place)),
                {
                    str(name): _lines(each)
                    for name, each in _table(_optional(given.get("extras_require"), values)).items()
                },
                str(_optional(given.get("python_requires"), values) or ""),
            )
    return None


def _literal(node: ast.expr, values: dict[str, ast.expr], place: str) -> Any:
    found = _optional(node, values)
    if found is None:
        raise SourceError(
            f"{place}:{node.lineno}: install_requires is computed, only a build would know it", hint=_NAME_THEM
        )
    return found


def _optional(node: ast.expr | None, values: dict[str, ast.expr]) -> Any:
    """What an expression says as it stands; None = it has to be computed, or there is none."""
    if isinstance(node, ast.Name):
        node = values.get(node.id)
    try:
        return ast.literal_eval(node) if node is not None else None
    except (ValueError, TypeError, RecursionError, MemoryError):
        return None


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _lines(value: Any) -> tuple[str, ...]:
    given = value.splitlines() if isinstance(value, str) else value if isinstance(value, list | tuple) else []
    return tuple(str(line).strip() for line in given if str(line).strip())
