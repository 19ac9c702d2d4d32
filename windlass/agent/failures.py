"""What goes wrong on a host, in words for the user."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Enough of the end of a failed command's output to see why it failed (characters).
TAIL = 2000


class Failed(Exception):
    """A resource cannot be brought about; the message is for the user, `hint` says what to do (None = nothing).

    `said` is what another program said about it: it follows `message`, but for a sensitive resource.
    """

    def __init__(self, message: str, *, hint: str | None = None, said: str = "") -> None:
        super().__init__(f"{message}: {said}" if said else message)
        self.message = message
        self.hint = hint


class CommandTrouble(Failed):
    """A command did not do what it was run for; `how` says what became of it, `output` is all it said."""

    def __init__(self, argv: Sequence[str], how: str, output: str) -> None:
        super().__init__(f"`{shlex.join(argv)}` {how}", said=output.strip()[-TAIL:] or "no output")
        self.how = how
        self.output = output


class CommandFailed(CommandTrouble):
    """A command ended with a status other than 0."""

    def __init__(self, argv: Sequence[str], status: int, output: str) -> None:
        super().__init__(argv, f"exited with {status}", output)
        self.status = status


class TimedOut(CommandTrouble):
    """A command took too long and was killed."""
