"""Which names of an app's modules are what Gunicorn can serve: Flask objects, other WSGI objects, factories of them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.source.module import Binding, Code, Function, Module

# As `flask` looks for them.
OBJECTS, FACTORIES = ("app", "application"), ("create_app", "make_app")
# What makes a Flask object, and what is made in the place of one and is none.
_MAKERS = frozenset(
    {"flask.Flask", "flask.app.Flask", "apiflask.APIFlask", "flask_openapi3.OpenAPI", "eve.Eve", "flask_api.FlaskAPI"}
)
_OTHERS = frozenset(
    {"dash.Dash", "celery.Celery", "fastapi.FastAPI", "typer.Typer", "quart.Quart", "starlette.applications.Starlette"}
)
_DEEPEST = 8


class Sure(IntEnum):
    """How sure it is that a name is an app."""

    NO = 0
    PERHAPS = 1
    YES = 2


@dataclass(frozen=True)
class Factory:
    """A function at `place` (FILE:LINE) that may make the app; `needs` are its parameters that have no default."""

    place: str
    needs: tuple[str, ...]


def objects(code: Code, module: Module) -> Iterator[str]:
    """The names of a module that are Flask objects for sure."""
    return (name for name in module.names if not name.startswith("__") and is_app(code, module, name) is Sure.YES)


def is_app(code: Code, module: Module, name: str, depth: int = 0) -> Sure:
    """How sure it is that a name of a module is a WSGI object."""
    binding = module.names.get(name)
    if binding is None or depth > _DEEPEST:
        return Sure.NO
    if binding.imported:
        return _is_imported_app(code, binding.imported, depth)
    if binding.definition:
        return Sure.PERHAPS if _is_wsgi(binding.definition) else Sure.NO
    value = binding.value
    if isinstance(value, ast.Call):
        return _is_made(code, module, value.func, depth)
    if isinstance(value, ast.Name):
        return is_app(code, module, value.id, depth + 1)
    return Sure.PERHAPS if value is None or isinstance(value, ast.Attribute | ast.Await) else Sure.NO


def place_of(code: Code, module: Module, name: str, depth: int = 0) -> str:
    """Where a name gets what it stands for (FILE:LINE), in whichever module of the source that is."""
    binding = module.names[name]
    if binding.imported and binding.imported[1] and depth <= _DEEPEST:
        other = code.module(binding.imported[0])
        if other and binding.imported[1] in other.names:
            return place_of(code, other, binding.imported[1], depth + 1)
    return f"{module.path}:{binding.line}"


def factory(code: Code, module: Module, name: str, depth: int = 0) -> Factory | None:
    """The function that a name of a module is; None = it is none, or none that can be seen."""
    binding = module.names.get(name)
    if binding is None or depth > _DEEPEST:
        return None
    if binding.imported and binding.imported[1]:
        other = code.module(binding.imported[0])
        return factory(code, other, binding.imported[1], depth + 1) if other else None
    function = binding.definition
    if not isinstance(function, ast.FunctionDef):
        return None
    return Factory(f"{module.path}:{function.lineno}", () if function.decorator_list else _required(function))


def _required(function: Function) -> tuple[str, ...]:
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    named = [one for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True) if default is None]
    return tuple(each.arg for each in [*positional[: len(positional) - len(given.defaults)], *named])


def _is_wsgi(definition: Function | ast.ClassDef) -> bool:
    return isinstance(definition, ast.FunctionDef) and len(_required(definition)) == 2


def _is_imported_app(code: Code, imported: tuple[str, str | None], depth: int) -> Sure:
    origin, name = imported
    if name is None:
        return Sure.NO  # a module
    other = code.module(origin)
    if other and (name in other.names):
        return is_app(code, other, name, depth + 1)
    if code.module(f"{origin}.{name}" if origin else name):
        return Sure.NO
    return Sure.PERHAPS if other is None or other.is_open else Sure.NO


def _is_made(code: Code, module: Module, maker: ast.expr, depth: int) -> Sure:
    """Whether a call makes an app, by what is called."""
    known, where = _dotted(module, maker)
    if known in _MAKERS:
        return Sure.YES
    if known in _OTHERS:
        return Sure.NO
    found = _definition(code, module, where, depth)
    if found is None:
        return Sure.PERHAPS
    owner, definition = found
    if isinstance(definition, ast.ClassDef):
        kinds = [_is_made(code, owner, base, depth + 1) for base in definition.bases] if depth < _DEEPEST else []
        return Sure.YES if Sure.YES in kinds else Sure.PERHAPS
    returned = _dotted(owner, definition.returns)[0] if definition.returns else ""
    inside = (node.func for node in ast.walk(definition) if isinstance(node, ast.Call))
    if returned in _MAKERS or any(_dotted(owner, each)[0] in _MAKERS for each in inside):
        return Sure.YES
    return Sure.YES if definition.name in FACTORIES else Sure.PERHAPS


def _dotted(module: Module, named: ast.expr) -> tuple[str, Binding | None]:
    """The whole name of what an expression names, as far as imports tell it, and what its first part stands for."""
    parts: list[str] = []
    while isinstance(named, ast.Attribute):
        parts.insert(0, named.attr)
        named = named.value
    if not isinstance(named, ast.Name):
        return "", None
    binding = module.names.get(named.id)
    if binding and binding.imported:
        origin, name = binding.imported
        return ".".join([origin, *([name] if name else []), *parts]), binding if not parts else None
    return ".".join([named.id, *parts]), binding if not parts else None


def _definition(
    code: Code, module: Module, binding: Binding | None, depth: int
) -> tuple[Module, Function | ast.ClassDef] | None:
    """The function or class that a name stands for, and the module it is in."""
    if binding is None or depth > _DEEPEST:
        return None
    if binding.definition:
        return module, binding.definition
    if binding.imported and binding.imported[1]:
        other = code.module(binding.imported[0])
        return _definition(code, other, other.names.get(binding.imported[1]), depth + 1) if other else None
    return None
