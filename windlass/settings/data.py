"""Paths in an app's code that it writes to."""

from __future__ import annotations

import posixpath
from typing import Annotated

from pydantic import AfterValidator

from windlass.settings.model import Faults
from windlass.settings.words import SourcePath


def _plain(paths: list[str]) -> list[str]:
    """The paths without `./` and doubled slashes; a `/` at the end stays, for it makes one a folder."""
    plain = [posixpath.normpath(path) + ("/" if path.endswith("/") else "") for path in paths]
    faults: list[tuple[tuple[str | int, ...], str]] = []
    for place, path in enumerate(plain):
        others = [other for number, other in enumerate(plain) if number != place]
        if path.rstrip("/") == ".":
            faults.append(((place,), f"{paths[place]!r} is all of the code; name what the app writes"))
        elif path.rstrip("/") in (other.rstrip("/") for other in plain[:place]):
            faults.append(((place,), f"{path!r} is listed twice"))
        elif outer := next((other for other in others if lies_below(path, other)), None):
            faults.append(((place,), f"{path!r} lies in {outer!r}, which is listed, too; one of them is enough"))
    if faults:
        raise Faults(faults)
    return plain


def lies_below(path: str, folder: str) -> bool:
    """Whether a path in the code lies below another one; neither needs a `/` at its end."""
    return path.rstrip("/").startswith(f"{folder.rstrip('/')}/")


def apart_from(static: dict[str, str], paths: list[str]) -> list[str]:
    """The paths, unless nginx serves what the app writes there (`static`, by prefix): it could not read it."""
    for place, path in enumerate(paths):
        for prefix, folder in static.items():
            if path.rstrip("/") == folder or lies_below(folder, path):
                words = (
                    f"{path!r} has what nginx serves (static: {{{prefix}: {folder}}}), and only the app can read its"
                )
                raise Faults([((place,), f"{words} data; leave it out of `static`, or name a folder in it")])
    return paths


DataPaths = Annotated[list[SourcePath], AfterValidator(_plain)]
