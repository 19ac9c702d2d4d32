"""How an app wants to be run: what prepares its database, what it serves itself, what it cannot share."""

from __future__ import annotations

import ast
import posixpath
import re
from typing import TYPE_CHECKING

from windlass.source.reading.code import Found, dotted, first_text, literal
from windlass.source.reading.variables import is_main_guard, random_keys

if TYPE_CHECKING:
    from windlass.source.reading.code import Code

_SETUP = re.compile(r"(init|create|setup)[-_]?(db|database|tables|all|schema)|(db|database)[-_](init|create|setup)")
_HEALTH = ("/healthz", "/readyz", "/livez", "/health", "/healthcheck", "/health-check", "/_health", "/ping")
_SOCKS = ("Sock", "flask_sock.Sock", "Sockets", "flask_sockets.Sockets")
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)+")
_SCHEDULERS = ("apscheduler", "flask_apscheduler")


def migrations(code: Code) -> Found | None:
    """The command that brings the database to what this code wants, None = it has no migrations (Alembic's)."""
    for path in code.source.entries:
        folder, name = posixpath.split(path)
        if name == "env.py" and f"{folder}/script.py.mako" in code.source:
            if "flask_migrate" in code.imported:
                there = "" if folder == "migrations" or _directory_is_said(code) else f" --directory {folder}"
                return Found(f"flask db upgrade{there}", path)
            if "alembic.ini" in code.source:
                return Found("alembic upgrade head", path)
    return None


def setup(code: Code) -> Found | None:
    """The command that prepares an empty database, and may empty one that is not; None = none is seen."""
    for module, call, name in code.calls():
        words = first_text(call) or ""
        if name.rpartition(".")[2] == "command" and _SETUP.fullmatch(words):
            return Found(f"flask {_group_of(code, name)}{words}", module.place(call))
    for module, node in code.nodes():
        if isinstance(node, ast.FunctionDef):
            for mark in node.decorator_list:
                called = dotted(mark.func if isinstance(mark, ast.Call) else mark)
                named = isinstance(mark, ast.Call) and mark.args
                if called.endswith(("cli.command", "click.command")) and not named and _SETUP.fullmatch(node.name):
                    words = re.sub(r"_(command|cmd|group|grp)$", "", node.name).replace("_", "-")
                    return Found(f"flask {_group_of(code, called)}{words}", module.place(node))
    return _in_main_guard(code)


def static(code: Code) -> Found | None:
    """The folder of static files that Flask serves at /static; None = it is elsewhere, or there is none."""
    for module, call in code.flask_calls:
        if any(word.arg in ("static_folder", "static_url_path", "root_path") for word in call.keywords):
            return None
        folder = posixpath.join(posixpath.dirname(module.path), "static")
        if code.source.has_folder(folder):
            return Found(folder, module.place(call))
    return None


def health(code: Code) -> Found | None:
    """A path of the app that is there to be asked whether all is well."""
    apps = {name for _, node in code.nodes() if isinstance(node, ast.Assign) for name in _apps_in(node)}
    for module, call, name in code.calls():
        owner, _, method = name.rpartition(".")
        path = first_text(call)
        if method in ("route", "get") and owner in apps and path in _HEALTH:
            return Found(str(path), module.place(call))
    return None


def websockets(code: Code) -> list[Found]:
    """The paths, and the beginnings of such, where the app speaks WebSocket (flask-sock, Flask-SocketIO)."""
    if "flask_socketio" in code.imported:
        return [Found("/socket.io", "")]
    socks = {name for _, node in code.nodes() if isinstance(node, ast.Assign) for name in _made_in(node, _SOCKS)}
    prefixes = {"", *(prefix for _, call, _ in code.calls() if (prefix := _word(call, "url_prefix")))}
    found: dict[str, str] = {}
    for module, call, name in code.calls():
        owner, _, method = name.rpartition(".")
        path = first_text(call) or ""
        if method == "route" and owner in socks:
            wholes = (f"{prefix.rstrip('/')}/{path.partition('<')[0].strip('/')}" for prefix in prefixes)
            found.update({whole: module.place(call) for whole in wholes if _PREFIX.fullmatch(whole)})
    return [Found(path, place) for path, place in sorted(found.items())]


def one_process(code: Code) -> Found | None:
    """Why the app must be one process, None = nothing is seen: several would not know of each other."""
    for found in random_keys(code):
        return Found("its secret key is made anew by each process", found.place)
    if "flask_socketio" in code.imported:
        return Found("Flask-SocketIO keeps its visitors in one process", "")
    if any(name in code.imported for name in _SCHEDULERS):
        return Found("its scheduler would run every job once in each process", "")
    return None


def _apps_in(node: ast.Assign) -> list[str]:
    return _made_in(node, ("Flask", "flask.Flask"))


def _made_in(node: ast.Assign, makers: tuple[str, ...]) -> list[str]:
    """The names that a statement gives to what one of these makes."""
    made = isinstance(node.value, ast.Call) and dotted(node.value.func) in makers
    return [dotted(target) for target in node.targets] if made else []


def _word(call: ast.Call, name: str) -> str | None:
    """A keyword of a call, where it is a text."""
    return next((literal(word.value) for word in call.keywords if word.arg == name), None)


def _directory_is_said(code: Code) -> bool:
    calls = [call for _, call, name in code.calls() if name.rpartition(".")[2] in ("Migrate", "init_app")]
    return any(word.arg == "directory" for call in calls for word in call.keywords)


def _group_of(code: Code, called: str) -> str:
    """What stands before a command's name on Flask's command line: the blueprint that it belongs to."""
    owner = called.removesuffix(".command").removesuffix(".cli")
    for _, node in code.nodes():
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and owner in map(dotted, node.targets):
            call = node.value
            if dotted(call.func).endswith("Blueprint"):
                groups = [word.value for word in call.keywords if word.arg == "cli_group"]
                name = literal(groups[0]) if groups else first_text(call)
                return f"{name} " if name else ""
    return ""


def _called_by_itself(code: Code, name: str) -> bool:
    """Whether a function is called by more than a start by hand, `python app.py`."""
    guarded = {id(below) for _, node in code.nodes() if _is_main_guard(node) for below in ast.walk(node)}
    calls = ((call, called) for _, call, called in code.calls() if id(call) not in guarded)
    return any(called.rpartition(".")[2] == name for _, called in calls)


def _is_main_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and is_main_guard(node.test)


def _in_main_guard(code: Code) -> Found | None:
    """The tables that only a start by hand makes, `python app.py`, as a command that makes them."""
    for module in code.modules:
        for guard in filter(_is_main_guard, module.tree.body):
            for call in ast.walk(guard):
                name = dotted(call.func) if isinstance(call, ast.Call) and not call.args else ""
                last = name.rpartition(".")[2]
                if _SETUP.fullmatch(last) and not _called_by_itself(code, last):
                    apps = [app for part in module.tree.body if isinstance(part, ast.Assign) for app in _apps_in(part)]
                    return Found(_call(module.path, apps, name), module.place(guard))
    return None


def _call(path: str, apps: list[str], name: str) -> str:
    """A command that calls a function of a module, within the app's context."""
    names = ", ".join(dict.fromkeys([*apps[:1], name.partition(".")[0]]))
    context = f"{apps[0]}.app_context().push(); " if apps else ""
    return f"python -c 'from {path.removesuffix('.py').replace('/', '.')} import {names}; {context}{name}()'"
