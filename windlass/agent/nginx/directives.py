"""nginx's configuration as a tree of directives, each with its file and line; read, not run.

Source: https://nginx.org/en/docs/beginners_guide.html#conf_structure, and ngx_conf_read_token in its code.
"""

from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAIN = "/etc/nginx/nginx.conf"
# A word in quotes, a comment, an end or a brace, a word without quotes (`${name}` is no block), a line's end.
TOKEN = re.compile(
    r"""(?P<quoted>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?P<comment>\#[^\n]*)|(?P<mark>[;{}])"""
    r"""|(?P<word>(?:\\.|\$\{[^}\s]*\}|[^\s;{}"'\\])(?:\\.|\$\{[^}\s]*\}|[^\s;{}\\])*)|\s+|.""",
    re.DOTALL,
)
ESCAPE = re.compile(r"\\([\"'\\])")
# Lua code in braces is no directive's.
LUA = "_by_lua_block"
# So deep may files include each other; nginx itself refuses circles by running out of files.
DEEPEST = 20


@dataclass
class Directive:
    """`words` are its name and arguments, `inside` those in its braces."""

    words: list[str]
    path: str
    line: int
    inside: list[Directive] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its first word; empty where there is none."""
        return self.words[0] if self.words else ""

    @property
    def place(self) -> str:
        """File and line, as nginx tells them."""
        return f"{self.path}:{self.line}"

    def walk(self) -> Iterator[Directive]:
        """It and all below it."""
        yield self
        for each in self.inside:
            yield from each.walk()

    def all(self, name: str) -> list[Directive]:
        """Those of this name directly in its braces."""
        return [each for each in self.inside if each.name == name]


def read(path: str | None = None) -> Directive:
    """The whole configuration, included files in their places; what cannot be read counts as empty.

    `path` None = the host's own. Whether nginx would accept it is `nginx -t`'s matter.
    """
    path = path or MAIN
    return Directive([], path, 0, _file(path, os.path.dirname(path), 0))


def _file(path: str, folder: str, depth: int) -> list[Directive]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return []
    return list(_included(_parse(text, path), folder, depth))


def _included(directives: list[Directive], folder: str, depth: int) -> Iterator[Directive]:
    """The same with files in the place of what includes them; each `include` itself stays before them."""
    for each in directives:
        each.inside = list(_included(each.inside, folder, depth))
        yield each
        if each.name == "include" and len(each.words) == 2 and depth < DEEPEST:
            for name in sorted(glob.glob(os.path.join(folder, each.words[1]))):
                yield from _file(name, folder, depth + 1)


def _parse(text: str, path: str) -> list[Directive]:
    top = Directive([], path, 0)
    blocks = [top]
    current: Directive | None = None
    number, position = 1, 0
    while position < len(text):
        match = TOKEN.match(text, position)
        assert match is not None  # noqa: S101 - its last branch is any character
        position = match.end()
        if match["quoted"] or match["word"]:
            current = current or Directive([], path, number)
            word = match["word"] or ESCAPE.sub(r"\1", match["quoted"][1:-1])
            current.words.append(word)
        elif match["mark"] == "}":
            current = None
            if len(blocks) > 1:
                blocks.pop()
        elif match["mark"]:
            current = current or Directive([], path, number)
            blocks[-1].inside.append(current)
            if match["mark"] == "{" and current.name.endswith(LUA):
                position = _after_lua(text, position)
            elif match["mark"] == "{":
                blocks.append(current)
            current = None
        number += text.count("\n", match.start(), position)
    return top.inside


def _after_lua(text: str, position: int) -> int:
    """Where Lua code ends, whose own braces are in pairs."""
    depth = 1
    while position < len(text) and depth:
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        position += 1
    return position
