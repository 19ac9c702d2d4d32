"""Lock files of Poetry, PDM, Pipenv, and the standard one (PEP 751), as lines for pip with their hashes."""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from windlass.errors import SourceError
from windlass.source import poetry
from windlass.source.project_files import toml

if TYPE_CHECKING:
    from windlass.source.tree import Tree

PYPI = "https://pypi.org/simple"
NAMES = ("pylock.toml", "poetry.lock", "pdm.lock", "Pipfile.lock")
_GROUPS = re.compile(r"\b(extras|dependency_groups)\b")


@dataclass
class Locked:
    """Lines for pip, the indexes (URLs) besides PyPI that they are from, and the Python that they are for."""

    place: str
    lines: list[str] = field(default_factory=list)
    indexes: dict[str, None] = field(default_factory=dict)
    python: str = ""

    def add(self, name: str, version: str, hashes: list[str], markers: str = "") -> None:
        """A package of the index."""
        condition = f" ; {markers}" if markers else ""
        self.lines.append(
            " ".join([f"{name}=={version}{condition}", *(f"--hash={each}" for each in sorted(set(hashes)))])
        )

    def add_git(self, name: str, url: str, commit: str, markers: str = "", folder: str = "") -> None:
        """A package from a git repository."""
        inner = f"#subdirectory={folder}" if folder else ""
        self.lines.append(f"{name} @ git+{url}@{commit}{inner}{f' ; {markers}' if markers else ''}")

    def add_index(self, url: str) -> None:
        """An index that some of it is from."""
        if url.rstrip("/") not in (PYPI, "https://pypi.python.org/simple"):
            self.indexes[url] = None

    def refuse_local(self, name: str) -> None:
        """Raises SourceError for a package that only this machine has."""
        raise SourceError(
            f"{self.place}: {name} is a path on this machine, the host cannot install it",
            hint="Publish the package, name it by a git URL, or put its folder into the source and into `python_path`.",
        )

    @property
    def unhashed(self) -> list[str]:
        """Names of what has no hash, among others that have: pip takes none without a hash once one has any."""
        names = [re.split(r"[ =;@]", line)[0] for line in self.lines if "--hash=" not in line]
        return names if len(names) < len(self.lines) else []

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences that the user should read once."""
        if not self.unhashed:
            return ()
        return (f"{self.place}: packages are installed without their hashes, for {self.unhashed[0]} has none",)

    def text(self) -> str:
        """The lines of a requirements file; all have their hashes, or none has."""
        lines = [line.partition(" --hash=")[0] for line in self.lines] if self.unhashed else self.lines
        return "".join(f"{line}\n" for line in (*self.index_options(), *lines))

    def index_options(self) -> list[str]:
        """The options by which pip asks all of the indexes."""
        return [f"--extra-index-url {url}" for url in self.indexes]


def is_lock(path: str) -> bool:
    """Whether a file is one of these, by its name."""
    name = posixpath.basename(path)
    return name in NAMES or bool(re.fullmatch(r"pylock\.[^.]+\.toml", name))


def read(tree: Tree, path: str) -> Locked:
    """What a lock file says. Raises SourceError for one that cannot be read without its tool."""
    locked = Locked(f"{tree.label}/{path}")
    kinds = {"Pipfile.lock": _pipenv, "poetry.lock": _poetry, "pdm.lock": _pdm}
    kind = kinds.get(posixpath.basename(path), _standard)
    try:
        kind(locked, json.loads(tree.text(path)) if kind is _pipenv else toml(tree, path))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{locked.place}: {error}") from None
    except (KeyError, TypeError, AttributeError):
        raise SourceError(
            f"{locked.place}: it is not as such a file should be", hint="Make it again, or name a requirements.txt."
        ) from None
    return locked


def _poetry(locked: Locked, document: dict[str, Any]) -> None:
    packages = document.get("package", [])
    if packages and not all("groups" in package for package in packages):
        raise SourceError(
            f"{locked.place}: it is of a Poetry before 2.0, and does not say which packages are for production",
            hint="poetry self update && poetry lock; or poetry export -o requirements.txt, and commit that.",
        )
    locked.python = poetry.specifier(document.get("metadata", {}).get("python-versions", ""))
    for package in packages:
        if "main" not in package["groups"] or package.get("optional"):
            continue
        given = package.get("markers", "")
        markers = given.get("main", "") if isinstance(given, dict) else given
        source = package.get("source", {})
        match source.get("type"):
            case "git":
                commit = source["resolved_reference"]
                locked.add_git(package["name"], source["url"], commit, markers, source.get("subdirectory", ""))
                continue
            case "directory" | "file" | "url":
                locked.refuse_local(package["name"])
            case "legacy":
                locked.add_index(source["url"])
        locked.add(package["name"], package["version"], _hashes(package.get("files", [])), markers)


def _pdm(locked: Locked, document: dict[str, Any]) -> None:
    packages = document.get("package", [])
    if packages and not all("groups" in package for package in packages):
        raise SourceError(
            f"{locked.place}: it is of a PDM before 2.10, and does not say which packages are for production",
            hint="pdm self update && pdm lock; or pdm export --prod -o requirements.txt, and commit that.",
        )
    targets = document.get("metadata", {}).get("targets", [])
    locked.python = targets[0].get("requires_python", "") if targets else ""
    for package in packages:
        if "default" not in package["groups"] or package.get("extras"):
            continue
        if package.get("path") or package.get("url"):
            locked.refuse_local(package["name"])
        if package.get("git"):
            locked.add_git(package["name"], package["git"], package["revision"], package.get("marker", ""))
            continue
        locked.add(package["name"], package["version"], _hashes(package.get("files", [])), package.get("marker", ""))


def _pipenv(locked: Locked, document: dict[str, Any]) -> None:
    meta = document.get("_meta", {})
    for source in meta.get("sources", []):
        locked.add_index(source["url"])
    wanted = meta.get("requires", {})
    version = wanted.get("python_full_version") or wanted.get("python_version")
    locked.python = f"=={'.'.join(version.split('.')[:2])}.*" if version else ""
    for name, package in document.get("default", {}).items():
        markers = package.get("markers", "")
        if package.get("path") or package.get("file"):
            locked.refuse_local(name)
        if package.get("git"):
            locked.add_git(name, package["git"], package["ref"], markers, package.get("subdirectory", ""))
            continue
        locked.add(name, package["version"].removeprefix("=="), package.get("hashes", []), markers)


def _standard(locked: Locked, document: dict[str, Any]) -> None:
    locked.python = document.get("requires-python", "")
    always = {*document.get("default-groups", [])}
    for package in document.get("packages", []):
        name, markers = package["name"], package.get("marker", "")
        if _GROUPS.search(markers):
            found = re.fullmatch(r"""(['"])([\w.-]+)\1 in (extras|dependency_groups)""", markers)
            if not found:
                raise SourceError(
                    f"{locked.place}: {name} has the condition {markers}, which pip on the host does not know",
                    hint="Make one for production alone (uv: `uv export --no-dev -o pylock.toml`).",
                )
            if found[2] not in always:
                continue
            markers = ""
        if "vcs" in package:
            vcs = package["vcs"]
            locked.add_git(name, vcs.get("url", ""), vcs["commit-id"], markers, vcs.get("subdirectory", ""))
        elif "directory" in package or "archive" in package:
            locked.refuse_local(name)
        else:
            files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
            hashes = [f"{kind}:{value}" for each in files for kind, value in each.get("hashes", {}).items()]
            locked.add_index(package.get("index", PYPI))
            locked.add(name, package["version"], hashes, markers)


def _hashes(files: list[dict[str, Any]]) -> list[str]:
    return [each["hash"] for each in files if each.get("hash")]
