"""How much the template of a value may read and make: whoever can write one could else let a run hang."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = 100_000  # characters and items of one value that is made
WORK = 20 * LARGEST  # of all values that one template makes
READING = 64  # to read so many characters or items takes as long as to make one
COMPARING = 1024  # so many characters of a text with so many of another


class _Left(threading.local):
    """What the template that is being rendered may still do, and the sizes of lists and mappings that it has read."""

    def __init__(self) -> None:
        self.work = 0
        self.sizes: dict[int, tuple[Any, int]] = {}


_left = _Left()


@contextmanager
def bounded() -> Iterator[None]:
    """While one template is rendered, maybe in the middle of another; OverflowError where it takes too much."""
    before = _left.work, _left.sizes
    _left.work, _left.sizes = WORK, {}
    try:
        yield
    finally:
        _left.work, _left.sizes = before


def spend(amount: int) -> None:
    """Charge for the making of so many characters or items. Raises OverflowError."""
    _left.work -= amount
    if _left.work < 0:
        raise OverflowError(f"more than {WORK:,} characters or items on the way to the value")


def made(value: Any) -> Any:
    """The value, charged for. Raises OverflowError where it is too large, alone or with all that was made before."""
    amount = size(value)
    if amount > LARGEST:
        raise OverflowError(f"more than {LARGEST:,} characters or items")
    spend(amount)
    return value


def read(*values: Any) -> None:
    """Charge for the reading of values. Raises OverflowError."""
    spend(1 + sum(map(size, values)) // READING)


def compared(text: Any, *others: Any) -> None:
    """Charge for what looks for one text at each place of another. Raises OverflowError."""
    spend(size(text) * sum(map(size, others)) // COMPARING)


def size(value: Any) -> int:
    """Characters and items, also of what is inside, up to somewhat above LARGEST; 1 for all else."""
    if isinstance(value, str | bytes):
        return 1 + len(value)
    if not isinstance(value, list | tuple | set | dict):
        return 1
    known = _left.sizes.get(id(value))
    if known is None:
        # Kept with the value, for else its number could become that of another one.
        known = _left.sizes[id(value)] = value, _size(value)
    return known[1]


def _size(value: Any) -> int:
    total = 0
    waiting = [value]
    while waiting and total <= LARGEST:
        item = waiting.pop()
        total += 1
        if isinstance(item, str | bytes):
            total += len(item)
        elif isinstance(item, list | tuple | set) and len(item) <= LARGEST:
            waiting += item
        elif isinstance(item, dict) and len(item) <= LARGEST:
            waiting += item
            waiting += item.values()
        elif isinstance(item, list | tuple | set | dict):
            total += len(item)
    return total
