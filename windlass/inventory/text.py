"""The text of one file, which may be no file at all, or one without an end."""

from __future__ import annotations

import io
import stat
from typing import TYPE_CHECKING

from windlass.inventory.document import DocumentError
from windlass.inventory.problems import Place
from windlass.inventory.vault import HEADER, Vault, VaultError

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 8 * 1024 * 1024  # bytes; 10,000 hosts with ten variables each take some 3 MiB
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def text_of(path: Path, name: str, vault: Vault, *, pipe: bool = False) -> str:
    """The text of a file, shown to the user as `name`; with `pipe` it may be one. Raises DocumentError.

    One that is in a vault is opened, and `Vaulted`.
    """
    try:
        content = _content(path, name, pipe=pipe)
        text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig").read()
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DocumentError(Place(name, line), "this is not UTF-8 text") from None
    except OSError as error:
        raise DocumentError(Place(name), f"cannot be read: {error.strerror}") from None
    if not text.startswith(HEADER):
        return text
    try:
        return vault.open(text)
    except VaultError as error:
        raise DocumentError(Place(name, 1), str(error)) from None


def _content(path: Path, name: str, *, pipe: bool) -> bytes:
    """What is in a file. Raises DocumentError for what is none (to open a pipe may take forever), and OSError."""
    found = path.stat()
    kind = stat.S_IFMT(found.st_mode)
    if kind != stat.S_IFREG and not (pipe and kind == stat.S_IFIFO):
        is_what = _KINDS.get(kind, "something else")
        raise DocumentError(Place(name), f"cannot be read: this is {is_what}; put a regular file in its place")
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        size = max(found.st_size, len(content))
        raise DocumentError(
            Place(name), f"too large: {size:,} bytes or more, and at most {LARGEST:,} are read; split it"
        )
    return content
