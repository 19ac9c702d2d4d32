"""The other name of each setting: where `windlass_apps` is set, `apps` is somebody else's variable."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

PREFIX = "windlass_"


def variable_of(setting: str, there: Container[str]) -> str:
    """The variable that a setting is read from, where these are there."""
    return PREFIX + setting if PREFIX + setting in there else setting


def setting_of(variable: str) -> str:
    """The setting that a variable of either name would be read for."""
    return variable.removeprefix(PREFIX)
