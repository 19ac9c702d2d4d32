"""Which Python an app asks for, and which of a host's it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.source.test_source import APP, loaded, refusal, write
from windlass.errors import HostError

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = '[project]\nname = "x"\nrequires-python = "{}"\ndependencies = []\n'
NEWER = "Take a host that has it (Debian 12 has 3.11, 13 has 3.13), or install it there and say `python: '3.13'`."


def on(project: Path, files: dict[str, str], *others: str, **settings: str) -> tuple[str, str, str]:
    """What the app gets on a host with Python 3.11.2 and these others."""
    write(project / "hello", {**APP, **files})
    found = loaded(project, **settings).python.on("3.11.2", others)
    return found.command, found.version, found.told


SYSTEM = ("/usr/bin/python3", "3.11", "")


def test_the_hosts_own(tmp_path: Path) -> None:
    assert on(tmp_path, {}) == SYSTEM
    assert on(tmp_path, {"pyproject.toml": PROJECT.format(">=3.9,<4")}, "3.12") == SYSTEM


@pytest.mark.parametrize(
    ("files", "place", "versions"),
    [
        ({"pyproject.toml": PROJECT.format(">=3.13")}, "pyproject.toml", ">=3.13"),
        ({"pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.13"\n'}, "pyproject.toml", "<4,>=3.13"),
        ({"pyproject.toml": PROJECT.format("<3.11")}, "pyproject.toml", "<3.11"),
    ],
)
def test_none_that_fits(files: dict[str, str], place: str, versions: str, tmp_path: Path) -> None:
    with pytest.raises(HostError) as raised:
        on(tmp_path, files)
    assert str(raised.value) == f"hello/{place}: needs Python {versions}, the host has 3.11\n  {NEWER}"


def test_another_of_the_host_that_fits(tmp_path: Path) -> None:
    files = {"pyproject.toml": PROJECT.format(">=3.12")}
    assert on(tmp_path, files, "3.9", "3.12", "3.13") == ("python3.12", "3.12", "")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (".python-version", "3.12.4\n"),
        (".python-version", "3.12"),
        ("runtime.txt", "python-3.12.1\n"),
        ("Pipfile", '[packages]\n[requires]\npython_version = "3.12"\n'),
    ],
)
def test_the_one_it_was_written_with(file: str, text: str, tmp_path: Path) -> None:
    assert on(tmp_path, {file: text}, "3.12") == ("python3.12", "3.12", "")
    told = f"hello/{file} asks for Python 3.12, which is not there: 3.11 is taken"
    assert on(tmp_path, {file: text}) == ("/usr/bin/python3", "3.11", told)


def test_what_is_no_version_of_it(tmp_path: Path) -> None:
    assert on(tmp_path, {".python-version": "pypy3.10\n", "runtime.txt": "something else\n"}) == SYSTEM


def test_the_setting(tmp_path: Path) -> None:
    files = {".python-version": "3.12", "pyproject.toml": PROJECT.format(">=3.10")}
    assert on(tmp_path, files, python="3.13") == ("python3.13", "3.13", "")
    assert on(tmp_path, files, python="/opt/bin/python3.14") == ("/opt/bin/python3.14", "3.14", "")


def test_a_setting_that_the_app_is_not_for(tmp_path: Path) -> None:
    write(tmp_path / "hello", {**APP, "pyproject.toml": PROJECT.format(">=3.13")})
    assert refusal(tmp_path, python="3.12") == (
        "app hello: hello/pyproject.toml: needs Python >=3.13, and the app's `python` is 3.12\n"
        "  Correct `python`, or leave it out."
    )


def test_no_versions(tmp_path: Path) -> None:
    write(tmp_path / "hello", {**APP, "pyproject.toml": PROJECT.format("three")})
    assert refusal(tmp_path) == ("app hello: hello/pyproject.toml: 'three' are no versions of Python\n  Write >=3.11.")
