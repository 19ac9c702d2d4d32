"""Where an app writes beside its code: databases, uploads, log files, folders that it makes."""

from __future__ import annotations

import ast
import posixpath
import re
from typing import TYPE_CHECKING

from windlass.source.reading.code import Found, dotted, literal
from windlass.source.reading.values import ROOT, UNKNOWN, Values, named_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.source.reading.code import Code, Module

_SQLITE = re.compile(r"sqlite(\+\w+)?:///(?P<path>[^?]*)")
_UPLOADS = re.compile(
    r"(UPLOAD|MEDIA|ATTACHMENT)\w*_?(FOLDER|DIR|DIRECTORY|PATH|DEST|ROOT)|\w*_?CACHE_DIR", re.IGNORECASE
)
_DATABASES = re.compile(r"(sqlite3|aiosqlite|apsw)\.(connect|Connection)|Sqlite\w*Database|TinyDB|(shelve|dbm)\.open")
_FOLDERS = frozenset({"mkdir", "makedirs"})
_FILES = frozenset({"write_text", "write_bytes", "touch", "save"})
_DATA = (".db", ".sqlite", ".sqlite3", ".log")
_CODE = (".py", ".html", ".css", ".js")
_WRITING = frozenset("wax+")
_NAME = re.compile(r"(?!.*(^|/)\.\.(/|$))[A-Za-z0-9._][A-Za-z0-9._+@/-]*")
# Of Flask-SQLAlchemy before 3.0 a relative path began at the app's own folder, since then in the instance folder.
_OLD_SQLALCHEMY = re.compile(
    r"^flask[-_.]sqlalchemy\s*(==\s*[012]\.|<=?\s*(2|3\.0(\.0)?\b))", re.IGNORECASE | re.MULTILINE
)


def written(code: Code, requirements: str = "") -> list[Found]:
    """The paths in the source that the app writes to, the wider ones alone; those of folders end with `/`.

    `requirements` are those of the app, as lines.
    """
    found: dict[str, str] = {}
    reading = _Reading(code, old_sqlalchemy=bool(_OLD_SQLALCHEMY.search(requirements)))
    for path, is_folder, place in reading.paths():
        kept = path if is_folder else _with_its_folder(code, path)
        folder = is_folder or kept != path
        if _NAME.fullmatch(kept) and not (folder and _has_code(code, kept)):
            found.setdefault(kept.rstrip("/") + ("/" if folder else ""), place)
    folders = [path for path in found if path.endswith("/")]
    inside = {path for path in found if any(path != folder and path.startswith(folder) for folder in folders)}
    return [Found(path, found[path]) for path in sorted(found.keys() - inside)]


class _Reading:
    def __init__(self, code: Code, *, old_sqlalchemy: bool) -> None:
        self.code = code
        self.values = Values(code)
        beside = code.app_folder if old_sqlalchemy else code.instance
        self._relative = posixpath.join(ROOT, beside) if "flask_sqlalchemy" in code.imported else ROOT

    def paths(self) -> Iterator[tuple[str, bool, str]]:
        """Path, whether it is a folder, and where that is said."""
        for module, node in self.code.nodes():
            if isinstance(node, ast.Attribute) and node.attr == "instance_path":
                yield self.code.instance, True, module.place(node)
            for text, is_folder, said in self._texts(module, node):
                path = self.values.place(text)
                if path:
                    yield path, is_folder or text.endswith("/") or UNKNOWN in text, module.place(said)

    def _texts(self, module: Module, node: ast.AST) -> Iterator[tuple[str, bool, ast.expr]]:
        for name, value in named_values(node):
            yield from self._named(module, name, value)
        if isinstance(node, ast.Call):
            yield from self._called(module, node)
            for part in node.args:
                yield from self._database(module, part)

    def _named(self, module: Module, name: str, value: ast.expr) -> Iterator[tuple[str, bool, ast.expr]]:
        yield from self._database(module, value)
        text = self.values.text(module, value)
        if not text:
            return
        if _UPLOADS.fullmatch(name):
            yield text, True, value
        elif name == "filename" and text.endswith((".log", ".txt", ".json", ".out")):  # of logging's dictConfig
            yield text, False, value
        elif name == "SESSION_TYPE" and text in ("filesystem", "cachelib"):
            yield "flask_session", True, value

    def _database(self, module: Module, value: ast.expr) -> Iterator[tuple[str, bool, ast.expr]]:
        if isinstance(value, ast.Name | ast.Dict | ast.List):
            return
        match = _SQLITE.match(self.values.text(module, value) or "")
        if match and match["path"] not in ("", ":memory:") and not match["path"].startswith("file:"):
            yield posixpath.join(self._relative, match["path"]), False, value

    def _called(self, module: Module, call: ast.Call) -> Iterator[tuple[str, bool, ast.expr]]:
        name = dotted(call.func)
        last = call.func.attr if isinstance(call.func, ast.Attribute) else name
        given = {word.arg: word.value for word in call.keywords}
        first = call.args[0] if call.args else None
        target: ast.expr | None = None
        if _DATABASES.fullmatch(name) or last.endswith("FileHandler"):
            target = first or given.get("filename") or given.get("database")
        elif last == "basicConfig":
            target = given.get("filename")
        elif last in _FOLDERS:
            target = first if name.startswith("os.") or not isinstance(call.func, ast.Attribute) else call.func.value
        elif last == "save":
            target = first
        elif last in _FILES and isinstance(call.func, ast.Attribute):
            target = call.func.value
        elif name in ("open", "io.open", "codecs.open") and _WRITING & set(_mode(call, 1)):
            target = first
        elif last == "open" and isinstance(call.func, ast.Attribute) and _WRITING & set(_mode(call, 0)):
            target = call.func.value
        text = self.values.text(module, target)
        if text and target is not None:
            yield text, last in _FOLDERS, target


def _mode(call: ast.Call, place: int) -> str:
    """What a call of `open` asks for."""
    words = [word.value for word in call.keywords if word.arg == "mode"]
    node = words[0] if words else call.args[place] if len(call.args) > place else None
    return literal(node) or ""


def _with_its_folder(code: Code, path: str) -> str:
    """The folder of a written file, where nothing else lies in it: a database has files beside it while it is open."""
    folder = posixpath.dirname(path)
    shipped = [posixpath.basename(other) for other in code.source.entries if other.startswith(f"{folder}/")]
    return path if not folder or any(map(_is_code, shipped)) else folder


def _is_code(name: str) -> bool:
    return not name.startswith(".") and not name.endswith(_DATA)


def _has_code(code: Code, folder: str) -> bool:
    """Whether a folder has files that a new release must bring: what is data is never replaced."""
    return any(path.startswith(f"{folder}/") and path.endswith(_CODE) for path in code.source.entries)
