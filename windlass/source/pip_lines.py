"""The lines of a requirements file as pip reads them, made to stand without the file's neighbours."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from windlass.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

# What pip allows in a requirements file for the run as a whole and a host can follow; all but the flags take a value.
INDEX_OPTIONS = frozenset({"--index-url", "--extra-index-url", "--find-links"})
VALUE_OPTIONS = INDEX_OPTIONS | {"--no-binary", "--only-binary", "--trusted-host", "--use-feature"}
FLAGS = frozenset({"--no-index", "--prefer-binary", "--require-hashes", "--pre"})
SHORT = {"-i": "--index-url", "-f": "--find-links", "-r": "--requirement", "-c": "--constraint", "-e": "--editable"}

_COMMENT = re.compile(r"(^|\s+)#.*$")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_URL = re.compile(r"(?:[a-z]+\+)?(https?|ssh|git)://", re.IGNORECASE)
_LOCAL = re.compile(r"\.|/|~|file:|[A-Za-z]:\\|[^@;#\s]*/|\S+\.(whl|zip|tar\.gz)(\s|$)", re.IGNORECASE)
_PROJECT = re.compile(r"\.(/)?(\[(?P<extras>[^\]]*)\])?")
_LOGIN = re.compile(r"://[^/\s@]+:[^/\s@]*@|https?://[^/\s@]+@")


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Line numbers and lines with continuations joined, comments and blank lines dropped, as pip does it."""
    held = ""
    start = 0
    for number, line in enumerate(text.splitlines(), 1):
        start = start if held else number
        comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not comment:
            held += line[:-1]
            continue
        joined = _COMMENT.sub("", held if comment else held + line).strip()
        held = ""
        if joined:
            yield start, re.sub(r"\s+", " ", joined)
    if held.strip():
        yield start, re.sub(r"\s+", " ", held.strip())


def option(line: str) -> tuple[str, str] | None:
    """The long name and value of an option line (value `""` = none); None when the line is a requirement."""
    if not line.startswith("-"):
        return None
    short = SHORT.get(line[:2])
    if short and not line.startswith("--"):
        return short, _unquoted(line[2:].lstrip(" ="))
    name, _, value = line.replace("=", " ", 1).partition(" ")
    return name, _unquoted(value)


def name_of(requirement: str) -> str:
    """The normalised name of what a requirement line installs; `""` where only the URL knows."""
    egg = re.search(r"[#&]egg=([A-Za-z0-9._-]+)", requirement)
    if _URL.match(requirement):
        return _normalised(egg[1]) if egg else ""
    found = _NAME.match(requirement)
    return _normalised(found[0]) if found else ""


def extras_of_project(requirement: str) -> list[str] | None:
    """The extras in `.` or `.[extra]`, which means the project itself; None for any other requirement."""
    found = _PROJECT.fullmatch(requirement)
    if not found:
        return None
    return [extra.strip() for extra in (found["extras"] or "").split(",") if extra.strip()]


def check_requirement(line: str, place: str) -> None:
    """Raises SourceError for what a host cannot install: local paths, secrets in URLs, what is no requirement."""
    check_login(line, place)
    url = line.partition(" @ ")[2] or line
    if _LOCAL.match(url) and not _URL.match(url):
        raise SourceError(
            f"{place}: {line} is a path on this machine, the host cannot install it",
            hint="Publish the package, name it by a git URL, or put its folder into the source and into `python_path`.",
        )
    if not _URL.match(url) and not _NAME.match(line):
        raise SourceError(f"{place}: {line!r} is no requirement")


def check_option(name: str, value: str, place: str) -> None:
    """Raises SourceError for an option that pip does not know here, or a host cannot follow."""
    if name in FLAGS:
        return
    if name not in VALUE_OPTIONS:
        raise SourceError(
            f"{place}: {name} is no option that Windlass passes on to pip",
            hint="Remove it, or set it in /etc/pip.conf.",
        )
    check_login(value, place)
    if name in INDEX_OPTIONS and not value.startswith(("https://", "http://")):
        raise SourceError(
            f"{place}: {name} {value} is a path on this machine, which the host does not have",
            hint="Give a URL, or set the index in the host's /etc/pip.conf.",
        )


def check_login(text: str, place: str) -> None:
    """Raises SourceError for a password or token in a URL, without showing it."""
    if _LOGIN.search(text):
        raise SourceError(
            f"{place}: there is a password or token in {_LOGIN.sub('://...@', text)}",
            hint="A requirements file is no place for a secret: put the index into /etc/pip.conf of the host.",
        )


def _unquoted(value: str) -> str:
    try:
        return " ".join(shlex.split(value))
    except ValueError:
        return value.strip()


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
