"""Packages that have no wheel for a host and cannot be built there: what the message says works, to the letter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.lab.release.world import World

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("mended")]

DEPENDENCIES = '"flask>=3.1,<4"'


def test_the_debian_packages_that_are_missing_make_the_build_work(world: World) -> None:
    world.edit(DEPENDENCIES, f'{DEPENDENCIES}, "psycopg2==2.9.9"', "pyproject.toml")
    words = world.fails("venv")
    reason = "psycopg2 2.9.9 cannot be built, and there is no wheel of it for Python 3."
    assert words.startswith(f"the requirements cannot be installed: {reason}")
    found = re.search(r"`packages`: \[(.*)\]; or ask for psycopg2-binary, which needs no build\.$", words.strip())
    assert found is not None, words
    packages = found[1].split(", ")
    assert "libpq-dev" in packages
    world.well(packages=packages, release_command="python -c 'import psycopg2'")


def test_the_version_that_needs_no_build_is_installed(world: World) -> None:
    world.edit(DEPENDENCIES, f'{DEPENDENCIES}, "pillow==6.0.0"', "pyproject.toml")
    words = world.fails("venv")
    found = re.search(r"sk for (pillow==\S+?)[:,] ", words)
    assert found is not None, words
    world.edit("pillow==6.0.0", found[1], "pyproject.toml")
    world.well(release_command="python -c 'import PIL'")


def test_a_package_that_does_not_fit_what_is_beside_it_is_named(world: World) -> None:
    pins = '"flask==2.0.3", "werkzeug==3.0.6", "jinja2>=3", "itsdangerous>=2"'
    world.edit(DEPENDENCIES, pins, "pyproject.toml")
    words = world.fails()
    wrong = r"Flask 2\.0\.3 does not fit Python 3\.\d+, or what is installed beside it: ask for a newer one"
    found = re.search(rf"{wrong} in the requirements; the newest for this Python is (Flask==\S+)\.\n*$", words)
    assert found is not None, words
    world.edit('"flask==2.0.3"', f'"{found[1]}"', "pyproject.toml")
    world.edit('"werkzeug==3.0.6"', '"werkzeug"', "pyproject.toml")
    world.well()
