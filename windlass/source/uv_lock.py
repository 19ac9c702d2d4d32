"""A uv.lock, as uv itself exports it."""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from windlass.errors import SourceError
from windlass.source.locks import PYPI, Locked
from windlass.source.pip_lines import logical_lines
from windlass.source.project_files import toml

if TYPE_CHECKING:
    from windlass.source.tree import Tree

# Nothing of it asks an index, builds a package, or heeds what this machine or the source says of how uv is to work.
EXPORT = (
    "export", "--frozen", "--no-dev", "--no-header", "--no-annotate", "--offline",
    "--no-config", "--no-python-downloads", "--no-progress", "--no-cache",
)  # fmt: skip
EXPORT_TIMEOUT = 60
# A package that lies in the source, with what hashes and conditions it has.
_LOCAL = re.compile(r"(?:-e )?(?P<path>\.[^ ;]*|file:[^ ;]*|/[^ ;]*)(?: .*)?")


@dataclass(frozen=True)
class Exported:
    """Lines for pip, the versions of Python that they are for, and the folders of packages that lie in the source."""

    text: str
    python: str
    folders: tuple[str, ...]
    remarks: tuple[str, ...]


def read(tree: Tree, lock: str) -> Exported:
    """What a lock file says, and the pyproject.toml beside it. Raises SourceError."""
    folder = posixpath.dirname(lock)
    project = posixpath.join(folder, "pyproject.toml")
    if project not in tree:
        raise SourceError(
            f"{tree.label}/{lock}: there is no pyproject.toml beside it",
            hint="Is it ignored by .gitignore or .deployignore?",
        )
    locked = Locked(f"{tree.label}/{lock}")
    folders: dict[str, None] = {}
    for _, line in logical_lines(_exported(tree, lock, folder)):
        local = _LOCAL.fullmatch(line)
        if local is None:
            locked.lines.append(line)
        elif local["path"] not in (".", "./"):
            folders[_folder(tree, locked, posixpath.normpath(posixpath.join(folder, local["path"])))] = None
    document = toml(tree, lock)
    names = {line.partition("==")[0] for line in locked.lines}
    for package in document.get("package", []):
        if package["name"] in names:
            locked.add_index(package.get("source", {}).get("registry", PYPI))
    return Exported(locked.text(), document.get("requires-python", ""), tuple(folders), locked.remarks)


def _folder(tree: Tree, locked: Locked, path: str) -> str:
    """Where a package of the source is imported from: like the project itself, it is not installed."""
    if not tree.has_folder(path):
        locked.refuse_local(path)
    return f"{path}/src" if tree.has_folder(f"{path}/src") else path


def _exported(tree: Tree, lock: str, folder: str) -> str:
    import uv

    prefix = f"{folder}/" if folder else ""
    # Those of a workspace's members, too.
    projects = [path for path in tree.entries if path.startswith(prefix) and path.endswith("pyproject.toml")]
    with tempfile.TemporaryDirectory(prefix="windlass-") as place:
        for path in (lock, *projects):
            copy = Path(place, path.removeprefix(prefix))
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(tree.text(path))
        try:
            done = subprocess.run(
                [uv.find_uv_bin(), *EXPORT, "--project", place],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=EXPORT_TIMEOUT,
                cwd=place,
                env={name: value for name, value in os.environ.items() if not name.startswith(("UV_", "VIRTUAL_ENV"))},
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
