"""Requirements that are proposed from what an app imports."""

from __future__ import annotations

import pytest

from tests.source.test_requirements import of
from windlass.source.imports import Proposed, proposed


def names(files: dict[str, str]) -> list[str]:
    return [each.requirement for each in proposed(of(files))]


def test_a_single_module() -> None:
    text = "import os, json\nfrom flask import Flask\nimport flask.views\nfrom werkzeug import Request\n"
    assert proposed(of({"app.py": text})) == [Proposed("Flask", "app.py:2")]


def test_own_modules_and_folders_are_none() -> None:
    files = {
        "app.py": "import shop.web\nfrom lib import x\nimport migrations\nfrom . import y\n",
        "shop/web.py": "import neighbour\nfrom helpers import z\n",
        "shop/neighbour.py": "import bs4\n",
        "src/helpers.py": "",
        "lib/x.py": "",
        "migrations/env.py": "from alembic import context\n",
    }
    assert names(files) == ["alembic", "beautifulsoup4"]


def test_what_an_app_can_do_without() -> None:
    text = (
        "try:\n    import ujson\nexcept ImportError:\n    import json\nelse:\n    import yaml\n"
        "try:\n    import redis\nexcept KeyError:\n    pass\n"
        "def later():\n    import requests\n"
    )
    assert names({"app.py": text}) == ["PyYAML", "redis", "requests"]


def test_tests_and_what_cannot_be_read() -> None:
    files = {
        "tests/x.py": "import a",
        "test_y.py": "import b",
        "conftest.py": "import c",
        "old.py": "print 'x'\n",
        "d": "import d",
    }
    assert names({**files, "older.py": "import urlparse, urllib2\n"}) == []


def test_drivers_that_an_address_names() -> None:
    text = (
        "A = 'postgresql://u@h/d'\nB = 'mysql+pymysql://h/d'\nC = 'https://x'\nD = f'redis://{x}'\nE = 'sqlite:///x'\n"
    )
    assert names({"config.py": text}) == ["psycopg2-binary", "PyMySQL", "redis"]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("from flask_sqlalchemy import SQLAlchemy", "Flask-SQLAlchemy"),
        ("import PIL.Image", "Pillow"),
        ("from google.cloud import secret_manager", "google-cloud-secret-manager"),
        ("import google.auth.transport", "google-auth"),
        ("from dotenv import load_dotenv", "python-dotenv"),
        ("import some_thing", "some-thing"),
        ("import Crypto", "pycryptodome"),
        ("from jinja2 import Template", "Jinja2"),
    ],
)
def test_names_of_distributions(line: str, name: str) -> None:
    assert names({"app.py": line}) == [name]
