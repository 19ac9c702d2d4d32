"""Installed packages that do not fit this Python, or what is installed beside them: which, and what would."""

from __future__ import annotations

import re
from importlib import metadata
from typing import TYPE_CHECKING

from windlass.agent.resources import package_index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from windlass.agent.machine import Machine

# What apps say of other places is not followed there.
HOMES = "/srv/"
# Where the exception came from: the folder of packages, and the first step below it.
_FILE = re.compile(r'\s*File "(/.+/lib/python(\d+\.\d+)/site-packages)/([^/"]+).*", line \d+')
_RAISED = re.compile(r"(ImportError|AttributeError|ModuleNotFoundError|SyntaxError|SystemError)\b.*")
# What only means that: a name that is gone from a module, or a module that is gone from Python or setuptools.
_GONE = re.compile(
    r"ImportError: cannot import name '[^']+' from|AttributeError: module '[^']+' has no attribute"
    r"|ModuleNotFoundError: No module named '(asynchat|asyncore|cgi|crypt|distutils|imghdr|imp|lib2to3|nntplib|pipes"
    r"|smtpd|sndhdr|telnetlib|uu)\b|SyntaxError: (invalid syntax|Missing parentheses)"
    r"|SystemError: initialization of \S+ raised"
)
_PKG_RESOURCES = "No module named 'pkg_resources'"


def advice(machine: Machine, lines: Sequence[str]) -> str | None:
    """What to ask for in the requirements, by what a process of an app said; None = no package is to blame."""
    raised = next((number for number in range(len(lines) - 1, -1, -1) if _RAISED.fullmatch(lines[number])), None)
    if raised is None:
        return None
    places = [found for line in lines[:raised] if (found := _FILE.match(line))]
    gone, tools = _GONE.match(lines[raised]), _PKG_RESOURCES in lines[raised]
    if not (gone or tools) or not places:
        return None
    site, python, top = places[-1].groups()
    name, version = _distribution(site, top.partition(".")[0]) if site.startswith(HOMES) else ("", "")
    if not name:
        return None
    if tools:
        return f"Add setuptools<81 to the requirements: {name} {version} needs its pkg_resources."
    newest = (package_index.with_wheels(machine, name) or [""])[-1]
    wrong = f"{name} {version} does not fit Python {python}, or what is installed beside it"
    if newest and newest != version:
        return f"{wrong}: ask for a newer one in the requirements; the newest for this Python is {name}=={newest}."
    return f"{wrong}: ask for another version in the requirements."


def _distribution(site: str, top: str) -> tuple[str, str]:
    """Name and version of the package that a module is from; "" = of none."""
    for each in metadata.distributions(path=[site]):
        files = each.files or ()
        if any(file.parts[0] in (top, f"{top}.py") for file in files):
            return str(each.metadata["Name"]), each.version
    return "", ""
