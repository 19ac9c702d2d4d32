"""Changes of a file as git shows them."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

# Contents longer than this together have no patch: it would take minutes to make, and nobody reads it (bytes).
LONGEST = 1024 * 1024


@dataclass(frozen=True)
class Side:
    """A regular file before or after a change; `content` None = it is not shown, `why` says why."""

    content: bytes | None
    mode: int
    why: str = "its content is not shown"


def patch(path: str, old: Side | None, new: Side | None) -> str:
    """The change of the file at the absolute `path` as `git diff` has it, None = no file; empty = there is none."""
    headers = _headers(old, new)
    body = _body(path, old, new)
    if not headers and not body:
        return ""
    return "\n".join([f"diff --git a{path} b{path}", *headers, *body])


def patch_of(path: str, content: bytes, mode: int = 0o644) -> str:
    """The change of a file that is written anew, with this mode, if it has other content than this."""
    try:
        with open(path, "rb") as file:
            old = Side(file.read(), stat.S_IMODE(os.fstat(file.fileno()).st_mode))
    except FileNotFoundError:
        old = None
    return "" if old and old.content == content else patch(path, old, Side(content, mode))


def _headers(old: Side | None, new: Side | None) -> list[str]:
    if old is None or new is None:
        kind, there = ("new", new) if old is None else ("deleted", old)
        return [f"{kind} file mode {_mode(there)}"] if there else []
    return [f"old mode {_mode(old)}", f"new mode {_mode(new)}"] if old.mode != new.mode else []


def _mode(side: Side) -> str:
    # git writes the type of a regular file in front.
    return f"100{side.mode:03o}"


def _body(path: str, old: Side | None, new: Side | None) -> list[str]:
    import difflib

    hidden = next((side.why for side in (old, new) if side and side.content is None), None)
    if hidden:
        return [f"({hidden})"]
    before, after = old.content if old else b"", new.content if new else b""
    if before == after or before is None or after is None:
        return []
    names = f"a{path}" if old else "/dev/null", f"b{path}" if new else "/dev/null"
    if len(before) + len(after) > LONGEST:
        return [f"(its contents are too long for a patch: {len(before)} and {len(after)} bytes)"]
    try:
        texts = _lines(before.decode()), _lines(after.decode())
    except UnicodeDecodeError:
        return [f"Binary files {names[0]} and {names[1]} differ"]
    lines = difflib.unified_diff(*texts, *names, lineterm="")
    return [part for line in lines for part in line.split("\n")]


def _lines(text: str) -> list[str]:
    """The lines of a text; the last one says so if no newline ends it."""
    lines = text.split("\n")
    last = lines.pop()
    return [*lines, f"{last}\n\\ No newline at end of file"] if last else lines
