"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Command = Callable[..., Any]
Option = Callable[[Command], Command]


def options(*given: Option) -> Option:
    """Adds all of these; `--help` shows them in this order."""

    def add(command: Command) -> Command:
        for option in reversed(given):
            command = option(command)
        return command

    return add
