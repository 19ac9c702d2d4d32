"""Files that a source has compressed beside the plain ones, as nginx serves them (gzip_static)."""

from __future__ import annotations

import gzip
import os
import zlib
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PIECE = 64 * 1024


def remove_stale(folder: str, public: Sequence[str]) -> list[str]:
    """Removes NAME.gz below `public` folders where NAME is another by now: nginx would serve the old one.

    Gives back the paths in `folder`.
    """
    places = (place for each in public for place, _, _ in os.walk(f"{folder}/{each}"))
    packed = (f"{place}/{name}" for place in sorted(set(places)) for name in os.listdir(place) if name.endswith(".gz"))
    stale = sorted(path for path in packed if _is_stale(path, path[: -len(".gz")]))
    for path in stale:
        os.unlink(path)
    return [os.path.relpath(path, folder) for path in stale]


def _is_stale(packed: str, plain: str) -> bool:
    """Whether a compressed file has something else in it than the plain one; not where there is none."""
    if not os.path.isfile(plain) or not os.path.isfile(packed):
        return False
    try:
        with open(plain, "rb") as file, gzip.open(packed) as unpacked:
            return any(one != other for one, other in zip(_pieces(file.read), _pieces(unpacked.read)))
    except (OSError, EOFError, zlib.error):
        return True  # it is damaged, or none


def _pieces(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """What is in a file, and then nothing, so that a longer one is another."""
    while data := read(PIECE):
        yield data
    yield b""
