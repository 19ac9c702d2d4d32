"""Every message of an error stands in a test, word for word: each fixed piece of what an exception is made with."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
# As Windlass and click name their exceptions, and what raises them.
EXCEPTION = re.compile(r"(Error|fail|Failed|Trouble|Parameter|Unreachable|UnusableKey|Faults|Damaged|NoKey|TimedOut)$")
# Mistakes of whoever writes Windlass's own modules; nobody else reads them.
OURS = {"AssertionError", "NotImplementedError", "TypeError", "OSError"}


def constants(tree: ast.AST) -> Iterator[ast.Constant]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def plain(text: str) -> str:
    """One space for any, none at the ends: messages are wrapped where they are long."""
    return " ".join(text.split())


def messages(source: Path) -> Iterator[tuple[int, str]]:
    """Line and text of each piece of a message that has more than one word."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if EXCEPTION.search(name) and name not in OURS:
                yield from ((each.lineno, plain(each.value)) for each in constants(node) if " " in plain(each.value))


def test_every_message_of_an_error_stands_in_a_test() -> None:
    tests = [file for file in (ROOT / "tests").rglob("*.py") if file != Path(__file__)]
    told = plain("\n".join(each.value for file in tests for each in constants(ast.parse(file.read_text()))))
    sources = [*(ROOT / "windlass").rglob("*.py"), *(ROOT / "roles").rglob("*.py"), ROOT / "deploy.py"]
    untold = [
        f"{source.relative_to(ROOT)}:{line}: {text}"
        for source in sorted(sources)
        for line, text in messages(source)
        if text not in told and text not in told.replace("\\", "")
    ]
    assert untold == []
