"""Dependencies as Poetry and Pipenv write them, and the versions of theirs that others do not know (`^1.2`, `~1.2`)."""

from __future__ import annotations

import re
from typing import Any

from windlass.errors import SourceError

_NUMBER = re.compile(r"[~^]?\s*v?(\d+(?:\.\d+)*)([\w.+-]*)")
_ELSEWHERE = ("path", "file", "url")

Lines = tuple[str, ...]


def dependencies(table: dict[str, Any], place: str) -> tuple[Lines, dict[str, Lines], str]:
    """Lines, lines of extras, and versions of Python, of the table `tool.poetry`."""
    given = dict(table["dependencies"]) if isinstance(table["dependencies"], dict) else {}
    python = given.pop("python", "")
    lines = {name: line(name, each, place) for name, each in given.items()}
    optional = {name for name, each in given.items() if isinstance(each, dict) and each.get("optional")}
    extras = {
        name: tuple(lines[each] for each in names if lines.get(each))
        for name, names in (table.get("extras") or {}).items()
    }
    wanted = tuple(one for name, text in lines.items() if name not in optional for one in text.splitlines())
    return wanted, extras, specifier(python) if isinstance(python, str) else ""


def line(name: str, given: Any, place: str) -> str:
    """A requirement line for a dependency; given as a version, a table, or a list of tables."""
    if isinstance(given, list):
        return "\n".join(line(name, each, place) for each in given)
    table = {"version": given} if isinstance(given, str) else given
    if not isinstance(table, dict) or any(key in table for key in _ELSEWHERE):
        raise SourceError(
            f"{place}: {name} comes from a path or file, which the host cannot install",
            hint="Publish the package, name it by a git URL, or put its folder into the source and into `python_path`.",
        )
    extras = f"[{','.join(table['extras'])}]" if table.get("extras") else ""
    markers = [f"({table['markers']})"] if table.get("markers") else []
    markers += [f"sys_platform {_compared(table['sys_platform'])}"] if table.get("sys_platform") else []
    if table.get("python"):
        markers += [_python_marker(clause) for clause in specifier(str(table["python"])).split(",") if clause]
    condition = f" ; {' and '.join(markers)}" if markers else ""
    if table.get("git"):
        ref = table.get("rev") or table.get("tag") or table.get("branch") or table.get("ref")
        inner = f"#subdirectory={table['subdirectory']}" if table.get("subdirectory") else ""
        return f"{name}{extras} @ git+{table['git']}{f'@{ref}' if ref else ''}{inner}{condition}"
    return f"{name}{extras}{specifier(str(table.get('version', '*')))}{condition}"


def specifier(version: str) -> str:
    """The versions that Poetry means by a text, as everybody writes them: `^1.2` is `>=1.2,<2`."""
    if "||" in version:  # one of several, which others cannot say
        return ""
    clauses = [clause for clause in re.split(r"\s*,\s*|\s+(?=[<>=!~^])", version.strip()) if clause]
    return ",".join(one for clause in clauses if (one := _clause(clause)))


def _clause(clause: str) -> str:
    if clause == "*":
        return ""
    if clause[:1] in "<>!=" or clause.startswith("~="):
        return clause.replace(" ", "")
    found = _NUMBER.fullmatch(clause)
    if not found:
        return clause
    parts = [int(part) for part in found[1].split(".")]
    lower = found[1] + found[2]
    if clause.startswith("^"):
        kept = next((at for at, part in enumerate(parts) if part), len(parts) - 1)
    elif clause.startswith("~"):
        kept = min(1, len(parts) - 1)
    else:
        return f"=={lower}"
    above = [*parts[:kept], parts[kept] + 1]
    return f">={lower},<{'.'.join(map(str, above))}"


def _compared(given: str) -> str:
    return given if given[:1] in "=!<>" else f"== '{given}'"


def _python_marker(clause: str) -> str:
    found = re.fullmatch(r"([<>=!~]+)(.+)", clause)
    name = "python_full_version" if clause.count(".") > 1 and not clause.endswith("*") else "python_version"
    return f"{name} {found[1]} '{found[2]}'" if found else ""
