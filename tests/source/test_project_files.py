"""What projects say that they depend on, in the files that they have for it; none of them is run."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tests.source.test_requirements import read
from windlass.source.poetry import specifier

POETRY = """
[tool.poetry.dependencies]
python = "^3.9"
flask = "^3.0.2"
redis = {version = "~5.1", extras = ["hiredis"]}
colorama = {version = "*", markers = "sys_platform == 'win32'"}
tomli = {version = "2.0.1", python = "<3.11"}
psycopg = {version = "^3", optional = true}
ours = {git = "https://x.test/ours.git", tag = "v1", subdirectory = "web"}
two = [{version = "1", python = "<3.9"}, {version = "2", python = ">=3.9"}]
[tool.poetry.group.dev.dependencies]
pytest = "*"
[tool.poetry.extras]
db = ["psycopg"]
"""
FROM_POETRY = [
    "flask>=3.0.2,<4",
    "redis[hiredis]>=5.1,<5.2",
    "colorama ; (sys_platform == 'win32')",
    "tomli==2.0.1 ; python_version < '3.11'",
    "ours @ git+https://x.test/ours.git@v1#subdirectory=web",
    "two==1 ; python_version < '3.9'",
    "two==2 ; python_version >= '3.9'",
]


def test_poetry() -> None:
    found = read({"pyproject.toml": POETRY})
    assert found.text.splitlines() == FROM_POETRY
    assert found.python == ">=3.9,<4"
    for line in FROM_POETRY:
        Requirement(line)
    assert read({"pyproject.toml": POETRY, "requirements.txt": ".[db]"}).text.splitlines() == [
        *FROM_POETRY,
        "psycopg>=3,<4",
    ]


PIPFILE = """
[packages]
flask = ">=3"
colorama = {version = "*", sys_platform = "== 'win32'"}
ours = {git = "https://x.test/o.git", ref = "abc"}
[dev-packages]
pytest = "*"
[requires]
python_version = "3.11"
"""


def test_pipfile() -> None:
    found = read({"Pipfile": PIPFILE})
    assert found.text.splitlines() == [
        "flask>=3",
        "colorama ; sys_platform == 'win32'",
        "ours @ git+https://x.test/o.git@abc",
    ]
    assert found.python == "==3.11.*"


def test_setup_cfg() -> None:
    text = "[options]\npython_requires = >=3.9\ninstall_requires =\n  flask>=3\n  redis; python_version > '3'\n"
    found = read({"setup.cfg": text, "setup.py": "from setuptools import setup\nsetup()\n"})
    assert (found.file, found.text, found.python) == ("setup.cfg", "flask>=3\nredis; python_version > '3'\n", ">=3.9")
    named = read({"setup.cfg": "[options]\ninstall_requires = file: deps/base.txt\n", "deps/base.txt": "flask\n"})
    assert named.text == "flask\n"


def test_setup_py() -> None:
    text = (
        "import os, setuptools\nNEEDS = ['flask>=3',\n  'redis']\nos._exit(1)\n"
        "setuptools.setup(install_requires=NEEDS, python_requires='>=3.9', extras_require={'dev': ['pytest']})\n"
    )
    found = read({"setup.py": text})
    assert (found.file, found.text, found.python) == ("setup.py", "flask>=3\nredis\n", ">=3.9")
    assert read({"setup.py": text, "requirements.txt": "-e .[dev]\n"}).text == "flask>=3\nredis\npytest\n"


def test_dependencies_that_a_build_would_read_from_a_file() -> None:
    text = (
        '[project]\nname = "x"\nrequires-python = ">=3.10"\ndynamic = ["version", "dependencies"]\n'
        '[tool.setuptools.dynamic]\ndependencies = {file = ["base.in"]}\n'
    )
    found = read({"pyproject.toml": text, "base.in": "flask\n"})
    assert (found.text, found.python) == ("flask\n", ">=3.10")


def test_files_that_are_about_something_else() -> None:
    files = {"pyproject.toml": "[tool.black]\n", "setup.cfg": "[flake8]\nx = 1\n", "setup.py": "import x\n"}
    assert (
        read({**files, "requirements/prod.txt": "-r base.txt\n", "requirements/base.txt": "flask\n"}).text == "flask\n"
    )
    assert read({**files, "Pipfile": "[packages]\nflask = '*'\n"}).file == "Pipfile"


def test_a_file_that_is_named_over_and_over() -> None:
    """Forty files, each naming the next one twice, are read once each."""
    files = {f"r{number}.txt": f"-r r{number + 1}.txt\n" * 2 for number in range(40)}
    assert read({"requirements.txt": "-r r0.txt\n", **files, "r40.txt": "flask\n"}).text == "flask\n"


@pytest.mark.parametrize(
    ("version", "inside", "outside"),
    [
        ("^1.2.3", ["1.2.3", "1.9"], ["1.2.2", "2.0"]),
        ("^0.2.3", ["0.2.3", "0.2.9"], ["0.3", "0.2.2"]),
        ("^0.0.3", ["0.0.3"], ["0.0.4"]),
        ("^0", ["0.9"], ["1.0"]),
        ("~1.2.3", ["1.2.9"], ["1.3", "1.2.2"]),
        ("~1.2", ["1.2.9"], ["1.3"]),
        ("~1", ["1.9"], ["2.0"]),
        ("1.2", ["1.2.0"], ["1.2.1"]),
        ("1.*", [], []),
        (">= 1.2, < 2", ["1.5"], ["2.0"]),
        (">=1.2 <2 !=1.5", ["1.4"], ["1.5", "2.0"]),
        ("~=1.2", ["1.9"], ["2.0"]),
        ("*", ["0.1", "9"], []),
        ("^2.7 || ^3.6", ["3.11"], []),
    ],
)
def test_versions_as_poetry_writes_them(version: str, inside: list[str], outside: list[str]) -> None:
    found = SpecifierSet(specifier(version)) if version != "1.*" else SpecifierSet("==1.*")
    assert [each for each in inside if each not in found] == []
    assert [each for each in outside if each in found] == []
