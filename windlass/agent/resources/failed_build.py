"""A package that pip could not build: which one, why, and what would work in its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent.resources import dpkg, package_index
from windlass.agent.resources.build_needs import needed
from windlass.agent.resources.pip_reason import BUILD, of_build

if TYPE_CHECKING:
    from collections.abc import Sequence

    from windlass.agent.machine import Machine

_FAILED = re.compile(r"(Failed building wheel for|Failed to build) ([\w.-]+)")
_COLLECTING = re.compile(r"\s*Collecting ([A-Za-z0-9][\w.-]*)")
_ARCHIVE = re.compile(r"([\w.-]+?)-(\d[\w.]*)\.(?:tar\.gz|tar\.bz2|zip)")
# What is from before the host's Python, or the setuptools of today, says one of these.
_OUTDATED = re.compile(
    r"cannot import name|has no attribute|No module named|use_2to3 is invalid|longintrepr\.h|SyntaxError|tp_print"
    r"|PyCode_New|_PyLong_|ob_digit|'PyThreadState'|'PyFrameObject'|requires Python|not support(ed)? Python",
    re.IGNORECASE,
)
# Others that have wheels, of what has none.
_INSTEAD = {"psycopg2": "psycopg2-binary", "psycopg-c": "psycopg-binary", "mysqlclient": "PyMySQL"}


@dataclass(frozen=True)
class FailedBuild:
    """The package, by its normalised name and its version ("" = pip did not say), and all that pip said."""

    name: str
    version: str
    output: str

    def reason(self, python: str) -> str:
        """What went wrong in a few lines; `python` is the version that it was to be for, e.g. 3.11."""
        what = f"{self.name} {self.version}".rstrip()
        _, *said = of_build(self.output.splitlines())
        return "\n".join([f"{what} cannot be built, and there is no wheel of it for Python {python}", *said])

    def hint(self, machine: Machine, pip: Sequence[str], python: str) -> str:
        """What would work, as the index and dpkg know it; `pip` is the beginning of a command, for that Python."""
        wheels = package_index.with_wheels(machine, self.name, pip)
        other = package_index.after(wheels, self.version)
        instead = f"{self.name}=={other}" if other else _INSTEAD.get(self.name)
        missing = [each for each in needed(self.name, self.output) if each not in dpkg.read().installed]
        if missing and not (instead and _OUTDATED.search(self.output)):
            packages = f"Add what its build needs to the app's `packages`: [{', '.join(missing)}]"
            return f"{packages}; or ask for {instead}, which needs no build." if instead else f"{packages}."
        if instead:
            return f"Ask for {instead}: it has a wheel for Python {python}, so nothing is built."
        return "What it says above is all that is known; what builds usually need is installed."


def find(output: str) -> FailedBuild | None:
    """The package whose build failed, in the output of pip; None = none did, or it does not say which."""
    if BUILD not in output:
        return None
    named = _FAILED.search(output)
    name = _normalised(named[2]) if named else _last_collected(output)
    versions = {_normalised(archive): version for archive, version in _ARCHIVE.findall(output)}
    return FailedBuild(name, versions.get(name, ""), output) if name else None


def _last_collected(output: str) -> str:
    """What pip was busy with when the build failed."""
    before = output.partition("finished with status 'error'")[0]
    found = _COLLECTING.findall(before)
    return _normalised(found[-1]) if found else ""


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
