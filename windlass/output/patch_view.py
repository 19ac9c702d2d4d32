"""A patch as a terminal shows it: in the colours of git."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

COLOURS = {"+": "green", "-": "red"}


class Paint(Protocol):
    """Puts a text into a colour, where colours are on."""

    def __call__(self, text: str, colour: str, *, bold: bool = False) -> str: ...


def painted(patch: str, paint: Paint) -> Iterator[str]:
    """The lines of a patch: headers bold, the place of a hunk cyan, what comes green, what goes red."""
    in_hunk = False
    for line in patch.split("\n") if patch else []:
        if line.startswith("diff "):
            in_hunk = False
        if line.startswith("@@"):
            in_hunk = True
            place, at, context = line.rpartition("@@")
            yield f"{paint(place + at, 'cyan')}{context}"
        elif in_hunk:
            colour = COLOURS.get(line[:1])
            yield paint(line, colour) if colour else line
        else:
            yield paint(line, "reset", bold=True)
