"""Which environment variables an app reads, and which of them it cannot do without."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.settings.environment import fault_of_name
from windlass.source.reading.code import Found, dotted, literal
from windlass.source.reading.values import named_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.source.reading.code import Code, Module

# What sessions and links are signed with: the code's own default would be known to all who can read it.
_SIGNING = re.compile(r"(\w+_)?SECRET(_KEY)?|SECURITY_PASSWORD_SALT|(\w+_)?SIGNING_KEY", re.IGNORECASE)
_NOT_SIGNING = re.compile(r"CLIENT|AWS|OAUTH|STRIPE|GOOGLE|GITHUB|WEBHOOK|API", re.IGNORECASE)
# What the platform says, or what is no setting of an app's.
_ASIDE = re.compile(
    r"FLASK_(APP|ENV|DEBUG|RUN_\w+)|WERKZEUG_\w+|DEBUG|PORT|HOST|DYNO|GUNICORN_\w+|\w+_DIRECTORY|CI|TESTING|TZ|TERM"
)
_GETTERS = re.compile(r"((os\.)?environ\.get|(os\.)?getenv|config|env(iron)?(\.\w+)?)")
_READERS = {"config": "decouple", "env": "environs"}
_RANDOM = re.compile(r"(os\.)?urandom|(secrets\.)?token_(hex|bytes|urlsafe)|(uuid\.)?uuid[14]|Fernet\.generate_key")
_KEY = frozenset({"SECRET_KEY", "secret_key"})


@dataclass(frozen=True)
class Variable:
    """An environment variable that the code reads at `place`; `signing`: a random value is what it wants."""

    name: str
    place: str
    required: bool
    signing: bool = False


def variables(code: Code) -> list[Variable]:
    """Those that the code reads, each once, in the order of their names."""
    found: dict[str, Variable] = {}
    for variable in (*_read(code), *_of_settings_classes(code), *_prefixed(code)):
        known = found.get(variable.name)
        better = known is None or (variable.required, variable.signing) > (known.required, known.signing)
        if better and not _ASIDE.fullmatch(variable.name) and fault_of_name(variable.name) is None:
            found[variable.name] = variable
    return [found[name] for name in sorted(found)]


def keys_in_the_code(code: Code) -> list[Found]:
    """Where the code itself has the app's secret key as a text."""
    return [
        Found(repr(value.value), module.place(value))
        for module, value in _keys(code)
        if isinstance(value, ast.Constant) and isinstance(value.value, str | bytes) and value.value
    ]


def random_keys(code: Code) -> list[Found]:
    """Where each process makes a secret key of its own, which the others do not know."""
    return [
        Found(dotted(value.func), module.place(value))
        for module, value in _keys(code)
        if isinstance(value, ast.Call) and _RANDOM.fullmatch(dotted(value.func))
    ]


def _keys(code: Code) -> Iterator[tuple[Module, ast.expr]]:
    for module, node in code.nodes():
        yield from ((module, value) for name, value in named_values(node) if name in _KEY)


def _read(code: Code) -> Iterator[Variable]:
    """What is read by name: `os.environ["X"]`, `os.getenv("X")`, `config("X")`."""
    signing = {id(read) for _, node in code.nodes() for read in _read_for_keys(node)}
    forgiven = {id(read) for _, node in code.nodes() for read in _forgiven(node)}
    for module, node in code.nodes():
        name, has_default = _name_of(code, node)
        if name is None or not isinstance(node, ast.expr):
            continue
        key = (id(node) in signing or bool(_SIGNING.fullmatch(name))) and not _NOT_SIGNING.search(name)
        yield Variable(name, module.place(node), key or not (has_default or id(node) in forgiven), key)


def _name_of(code: Code, node: ast.AST) -> tuple[str | None, bool]:
    """The variable that an expression reads (None = it reads none), and whether it does without one."""
    match node:
        case ast.Subscript(slice=ast.Constant(value=str() as name), ctx=ast.Load()):
            if dotted(node.value) in ("os.environ", "environ"):
                return name, False
        case ast.Call(args=[ast.Constant(value=str() as name), *more]):
            called = dotted(node.func)
            reader = _READERS.get(called.partition(".")[0])
            if _GETTERS.fullmatch(called) and (reader is None or reader in code.imported):
                given = bool(more) or any(word.arg in ("default", "d") for word in node.keywords)
                return name, given or reader is None
    return None, False


def _read_for_keys(node: ast.AST) -> list[ast.AST]:
    return [below for name, value in named_values(node) if _SIGNING.fullmatch(name) for below in ast.walk(value)]


def _forgiven(node: ast.AST) -> list[ast.AST]:
    """What is read where its absence is caught, or looked for first, or in what only a start by hand runs."""
    match node:
        case ast.Try() if any(_catches(handler.type) for handler in node.handlers):
            return [below for part in node.body for below in ast.walk(part)]
        case ast.If() | ast.IfExp() if is_main_guard(node.test) or "environ" in ast.dump(node.test):
            return list(ast.walk(node))
    return []


def _catches(kind: ast.expr | None) -> bool:
    return kind is None or any(name in ast.dump(kind) for name in ("'KeyError'", "'Exception'", "'LookupError'"))


def is_main_guard(test: ast.expr) -> bool:
    """Whether a condition is `__name__ == "__main__"`."""
    return isinstance(test, ast.Compare) and "'__name__'" in ast.dump(test) and "'__main__'" in ast.dump(test)


def _of_settings_classes(code: Code) -> Iterator[Variable]:
    """The fields of pydantic's settings classes."""
    for module, node in code.nodes():
        if not isinstance(node, ast.ClassDef) or not any(dotted(base).endswith("BaseSettings") for base in node.bases):
            continue
        prefix = next((value for name, value in _words(node) if name == "env_prefix"), "")
        for field in node.body:
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                name = f"{prefix}{field.target.id}".upper()
                key = bool(_SIGNING.fullmatch(name))
                if name.isidentifier() and field.target.id != "model_config":
                    yield Variable(name, module.place(field), field.value is None or key, key)


def _words(node: ast.AST) -> Iterator[tuple[str, str]]:
    for below in ast.walk(node):
        if isinstance(below, ast.keyword) and isinstance(below.value, ast.Constant):
            yield str(below.arg), str(below.value.value)


def _prefixed(code: Code) -> Iterator[Variable]:
    """The secret key of an app that takes its settings from variables with a prefix, and has one in the code."""
    keys = keys_in_the_code(code)
    for module, call, name in code.calls():
        if name.endswith("config.from_prefixed_env") and keys:
            given = [*call.args, *(word.value for word in call.keywords if word.arg == "prefix")]
            prefix = (literal(given[0]) if given else None) or "FLASK"
            yield Variable(f"{prefix}_SECRET_KEY", module.place(call), required=True, signing=True)
