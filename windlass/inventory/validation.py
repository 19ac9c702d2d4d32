"""From variables to a checked model, with every fault at its place in the files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from windlass.inventory.prefix import PREFIX
from windlass.inventory.problems import Place, Problems, did_you_mean
from windlass.inventory.vault import Vaulted
from windlass.inventory.written import changed_env, written
from windlass.settings import AppSettings, Settings
from windlass.settings.model import Faults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

    from windlass.inventory.values import Values, Way
    from windlass.inventory.written import Written

M = TypeVar("M", bound=BaseModel)
_TEXTS = frozenset({"locale", "packages", "timezone"})  # text in these is a slip, not a variable for Ansible
_OWN = frozenset({"apps", "journald_max_use", "nginx_sandbox"})  # what Ansible's users would hardly call so, or as said
_EXPECTED = {
    "string_type": "text; put it in quotes",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping of names",
    "model_type": "a mapping of settings",
}


def validated(model: type[M], names: Mapping[str, str], values: Values, project: Path, problems: Problems) -> M | None:
    """The model filled from variables, `names` being field -> variable; None where that is noted as a problem."""
    found: dict[str, Any] = {}
    unrendered: set[Way] = set()
    for field, name in names.items():
        found[field], faults = values.attempt(name)
        for below, fault in faults.items():
            problems.add(fault.place, fault.fault)
            unrendered.add((field, *below))
    if not _may_be_apps(found.get("apps")):
        hint = _way_out("apps") if names["apps"] == "apps" else ""
        message = f"{names['apps']}: no apps of Windlass, each a mapping with source, wsgi and domains{hint}"
        problems.add(values.raw[names["apps"]].place(), message)
        unrendered.add(("apps",))  # of which nothing more need be said
    changed = list(changed_env(found.get("apps"), values))
    for way, place, message in changed:
        problems.add(place, f"{_dotted((names['apps'], *way[1:]))}: {message}")
    try:
        filled = model.model_validate(found, context={"project": project, "sealed": Vaulted})
        return None if unrendered or changed else filled
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _note(detail, model, names, values, unrendered, problems)
        return None


def _note(
    detail: ErrorDetails,
    model: type[BaseModel],
    names: Mapping[str, str],
    values: Values,
    unrendered: set[Way],
    problems: Problems,
) -> None:
    """Notes what one error of pydantic means, each at its place."""
    for way, message, of_key in _faults(detail, model):
        if any(way[: len(failed)] == failed for failed in unrendered):
            continue
        name = names[str(way[0])]
        place = values.raw[name].place_of_key(way[1:]) if of_key else values.raw[name].place(way[1:])
        hint = _hint_of_name(model, way, message, detail["input"])
        if not of_key and "env" not in way:
            if values.may_be_secret(name, way[1:]):
                message = _unshown(message, detail["input"])
            else:
                place, message = _as_written(place, message, detail["input"], written(values, name, way[1:]))
        problems.add(place, f"{_dotted((name, *way[1:]))}: {message}{hint}")


def _may_be_apps(value: Any) -> bool:
    """Whether a value may be meant as apps by name; None is as good as a slip."""
    if not isinstance(value, dict):
        return value is None
    known = AppSettings.model_fields.keys()
    return not value or any(not entry or (isinstance(entry, dict) and entry.keys() & known) for entry in value.values())


def _dotted(way: Way) -> str:
    """A way as users write it: `apps.shop.domains[0]`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in way).removeprefix(".")


def _unshown(message: str, value: object) -> str:
    """A message without the value that it is about; most begin with that, others may quote a part of it."""
    rest = message.removeprefix("the value").removeprefix(repr(value))
    if not value:
        return message
    quoted = rest == message and ("'" in rest or '"' in rest)
    if quoted or any(word in rest.lower() for word in re.findall(r"\w{4,}", str(value).lower())):
        return "the value is not what it has to be; it may be a secret, and so it is not shown"
    return message if rest == message else f"the value{rest}"


def _as_written(place: Place, message: str, value: object, found: Written | None) -> tuple[Place, str]:
    """A message about a number or the like, with what the file has for it, and where that stands."""
    if found is None or not message.startswith(f"{value!r} ") or isinstance(value, str | None):
        return place, message
    return found.place, f"{found.text}{message.removeprefix(repr(value))}"


def _hint_of_name(model: type[BaseModel], way: Way, message: str, value: object) -> str:
    """What to do where a variable looks like one of Ansible's that has the name of a setting."""
    item = isinstance(way[-1], int) and isinstance(value, dict)  # packages: [{name: vim}]
    whole = len(way) == 1 or (len(way) == 2 and (item or message.startswith("unknown setting; ./deploy.py")))
    if model is not Settings or not whole or way[0] in _OWN or (way[0] in _TEXTS and isinstance(value, str)):
        return ""
    return _way_out(str(way[0]))


def _way_out(setting: str) -> str:
    """What to do where a variable that is somebody else's has the name of a setting."""
    default = Settings.model_fields[setting].get_default(call_default_factory=True)
    other = f"{PREFIX}{setting}: {'{}' if isinstance(default, BaseModel) else json.dumps(default)}"
    return f"; is this a variable for Ansible? keep it, and add `{other}`, which Windlass reads in its place"


def _faults(detail: ErrorDetails, model: type[BaseModel]) -> list[tuple[Way, str, bool]]:
    """What one error of pydantic means: the way to it, a message, and whether the name there is at fault."""
    way, of_key = detail["loc"], False
    if way[-1] == "[key]":
        way, of_key = way[:-1], True
    cause = detail.get("ctx", {}).get("error")
    if isinstance(cause, Faults):
        return [((*way, *below), message, False) for below, message in cause.faults]
    if isinstance(cause, ValueError):
        return [(way, str(cause), of_key)]
    if detail["type"] == "extra_forbidden":
        near = did_you_mean(str(way[-1]), _settings_at(model, way))
        return [(way, f"unknown setting{near or '; ./deploy.py settings shows what there is'}", True)]
    if detail["type"] == "missing":
        return [(way[:-1], f"{way[-1]} is missing: {_description(model, way)}", True)]
    return [(way, _plain(detail, way), of_key)]


def _plain(detail: ErrorDetails, way: Way) -> str:
    """pydantic's own errors in this program's words."""
    limits = detail.get("ctx", {})
    value = detail["input"]
    of_secrets = "env" in way or (isinstance(value, list) and any(isinstance(below, dict) for below in value))
    shown = "the value" if of_secrets else repr(value)
    kind = detail["type"]
    if kind == "list_type" and isinstance(detail["input"], str):
        return f"{shown} is not a list; write [{detail['input']}]"
    if kind == "int_type" and isinstance(value, str) and value.isdecimal():
        return f"{shown} is text, not a whole number; a template makes one with | int"
    if kind in _EXPECTED:
        return f"{shown} is not {_EXPECTED[kind]}"
    if kind == "literal_error":
        several = " or " in limits["expected"]
        return f"{shown} is not {'one of ' if several else ''}{limits['expected']}"
    if kind == "greater_than_equal":
        return f"{shown} is less than {limits['ge']}"
    if kind == "less_than_equal":
        return f"{shown} is more than {limits['le']}"
    if kind in ("too_short", "string_too_short"):
        return "at least one is needed" if kind == "too_short" else "must not be empty"
    return f"{shown}: {detail['msg'][:1].lower()}{detail['msg'][1:]}"


def _model_at(model: type[BaseModel], way: Way) -> type[BaseModel]:
    """The model that holds the last step of a way."""
    steps = iter(way[:-1])
    for step in steps:
        field = model.model_fields.get(str(step))
        below = _model_in(field.annotation) if field else None
        if field and below:
            model = below
            if get_origin(field.annotation) is dict:
                next(steps, None)  # an entry's name, which may be that of a field
    return model


def settings_in(annotation: Any) -> set[str]:
    """The names of the settings inside a setting, or inside each entry of it, as `apps` is; there may be none."""
    model = _model_in(annotation)
    return set(model.model_fields) if model else set()


def takes_text(annotation: Any, way: Way = ()) -> bool:
    """Whether what a way leads to, from a model or another annotation, is text; False where there is nothing."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field = annotation.model_fields.get(str(way[0])) if way else None
        return field is not None and takes_text(field.annotation, way[1:])
    if origin in (dict, list):
        return bool(way) and takes_text(parts[-1], way[1:])
    if origin in (Annotated, Union, UnionType):
        return any(takes_text(part, way) for part in parts)
    return not way and (annotation in (str, Path) or origin is Literal)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model inside an annotation such as `dict[str, App]` or `Tls | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(part) for part in getattr(annotation, "__args__", ()))
    return next((model for model in found if model), None)


def _settings_at(model: type[BaseModel], way: Way) -> list[str]:
    return list(_model_at(model, way).model_fields)


def _description(model: type[BaseModel], way: Way) -> str:
    field = _model_at(model, way).model_fields[str(way[-1])]
    text = field.description or ""
    return text[:1].lower() + text[1:]
