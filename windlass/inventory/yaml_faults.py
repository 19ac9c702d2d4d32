"""What a YAML parser complains of, in words that lead to what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import yaml


def explain(error: yaml.MarkedYAMLError, text: str) -> str:
    """What the parser says, and what most often lies behind it."""
    problem = error.problem or error.context or "not valid YAML"
    mark = error.problem_mark
    lines = text.splitlines()
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "this line is indented with a tab; YAML takes spaces only"
    if "{{" in line or "{%" in line:
        return f"not valid YAML: {problem}; a value that begins with {{{{ goes in quotes"
    if "mapping values are not allowed" in problem:
        return f"not valid YAML: {problem}; is the indentation right, and is text with a colon in quotes?"
    if "cannot start any token" in problem:
        return f"not valid YAML: {problem}; text that begins with this character goes in quotes"
    if "expected a single document" in (error.context or ""):
        return "one document per file: remove the second ---"
    return f"not valid YAML: {problem}"
