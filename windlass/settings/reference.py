"""The settings as a list to read: their names, types, defaults and meaning, taken from the models themselves."""

from __future__ import annotations

from dataclasses import dataclass
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from windlass.settings import Settings
from windlass.settings.model import Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NAME = "NAME"  # stands for any name that a user gives, e.g. that of an app
_PLAIN = {"str": "text", "int": "whole number", "bool": "true or false", "Path": "path"}


@dataclass(frozen=True)
class Setting:
    """One setting: its way from the top (`("apps", "NAME", "domains")`), and what it may be.

    `default` is plain JSON; None also where there is none, or where it depends, which `description` then says.
    """

    way: tuple[str, ...]
    type: str
    default: Any
    required: bool
    description: str

    @property
    def name(self) -> str:
        """As users write it: `apps.NAME.domains`."""
        return ".".join(self.way)

    @property
    def section(self) -> str:
        """Where it stands: `apps.NAME`; "" = at the top."""
        return ".".join(self.way[:-1])


def settings(model: type[BaseModel] = Settings, above: tuple[str, ...] = ()) -> Iterator[Setting]:
    """Every setting of a model and of those in it, a section after the other; raises ValueError for one unexplained."""
    nested: list[tuple[type[BaseModel], tuple[str, ...]]] = []
    for name, field in model.model_fields.items():
        way = (*above, name)
        if not field.description:
            raise ValueError(f"{'.'.join(way)} has no description")
        below, by_name = _model_in(field.annotation)
        if below and above and below in _tops():
            kind = f"settings, as {_tops()[below]} at the top"
        elif below:
            kind = f"{'settings by name' if by_name else 'settings'}, see below"
            nested.append((below, (*way, NAME) if by_name else way))
        else:
            kind = _words(field)
        default = None if below else _default(field)
        yield Setting(way, kind, default, field.is_required(), field.description)
    for below, way in nested:
        yield from settings(below, way)


def matching(asked: str, known: Iterable[Setting]) -> list[Setting]:
    """Of the settings those of that name, wherever they stand, or of the section of that name; [] = there are none.

    `apps.shop.wsgi`, `apps.NAME.wsgi`, `apps.wsgi` and `wsgi` all mean the same.
    """
    wanted = tuple(asked.split("."))
    if wanted[0] == "apps" and len(wanted) > 1 and wanted[1] not in _names_of_apps():
        wanted = ("apps", *wanted[2:])
    found = []
    for setting in known:
        way = tuple(step for step in setting.way if step != NAME)
        if way[-len(wanted) :] == wanted or way[-len(wanted) - 1 : -1] == wanted:
            found.append(setting)
    return found


def _names_of_apps() -> set[str]:
    return {setting.way[2] for setting in settings() if setting.way[:2] == ("apps", NAME)}


def _tops() -> dict[type[BaseModel] | None, str]:
    """The settings at the top that are models, as the same one may come again in an app."""
    return {_model_in(field.annotation)[0]: name for name, field in Settings.model_fields.items()}


def _model_in(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The model inside an annotation (None = no model), and whether a user's names lead to several of it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    for part in get_args(annotation):
        model, by_name = _model_in(part)
        if model:
            return model, by_name or get_origin(annotation) is dict
    return None, False


def _default(field: FieldInfo) -> Any:
    default = field.get_default(call_default_factory=True)
    return None if default is PydanticUndefined or default == "" else default


def _words(field: FieldInfo) -> str:
    """What a value may be, in words."""
    return _with_checks(_type(field.annotation), field.metadata)


def _type(annotation: Any) -> str:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _with_checks(_type(parts[0]), parts[1:])
    if origin in (Union, UnionType):
        return " or ".join(_type(part) for part in parts if part is not NoneType)
    if origin is Literal:
        return "one of " + ", ".join(map(str, parts))
    if origin is list:
        return f"list: {_type(parts[0])}"
    if origin is dict:
        return f"mapping: {' -> '.join(_type(part).partition(',')[0] for part in parts)}"
    return _PLAIN[annotation.__name__]


def _with_checks(words: str, checks: Iterable[Any]) -> str:
    checks = [each for check in checks for each in (check.metadata if isinstance(check, FieldInfo) else [check])]
    expected = next((check.expected for check in checks if isinstance(check, Word)), None)
    if expected:
        return expected.removeprefix("a ").removeprefix("an ").removeprefix("the ")
    low = next((check.ge for check in checks if isinstance(check, Ge)), None)
    high = next((check.le for check in checks if isinstance(check, Le)), None)
    if high is not None:
        return f"{words}, {low or 0} to {high}"
    return words if low is None else f"{words}, at least {low}"
