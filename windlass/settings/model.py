"""What all settings share: strictness, and errors that know where in a value they are."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

Path = tuple[str | int, ...]  # the way into a nested value, e.g. ("apps", "shop", "domains", 0)


class Model(BaseModel):
    """Settings: an unknown name is an error, values are not converted, nothing changes once read."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class Switchable(Model):
    """Settings of something that `off` in their place is short for doing without: for those that `OFF` has then."""

    OFF: ClassVar[dict[str, Any]]

    @model_validator(mode="before")
    @classmethod
    def _off(cls, value: Any) -> Any:
        # YAML reads `off` as a truth value.
        return cls.OFF if value in (False, "off") else value


class Faults(ValueError):
    """Several things wrong in one value, each with its way into that value."""

    def __init__(self, faults: list[tuple[Path, str]]) -> None:
        super().__init__("; ".join(message for _, message in faults))
        self.faults = faults


@dataclass(frozen=True, kw_only=True)
class Word(BeforeValidator):
    """A check of text, which says in words what it expects."""

    expected: str


def word(pattern: str, expected: str) -> Word:
    """A check that a value is text and matches as a whole; else "VALUE is not EXPECTED"."""

    def check(value: Any) -> Any:
        fits = isinstance(value, str | int | float | date) and re.fullmatch(pattern, str(value), re.ASCII)
        if fits and isinstance(value, str):
            return value
        raise ValueError(f"{value!r} is not {'text; put it in quotes' if fits else expected}")

    return Word(check, expected=expected)


def one_line(value: str) -> str:
    """Text without control characters, so that it cannot begin a line of its own in a generated file."""
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise ValueError(f"{value!r} must be one line without control characters")
    return value
