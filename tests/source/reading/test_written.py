"""Where an app writes beside its code."""

from __future__ import annotations

import pytest

from tests.source.reading.sources import source
from windlass.source.reading.code import Code
from windlass.source.reading.written import written

FLASK = "import os, sqlite3, logging\nfrom pathlib import Path\nfrom flask import Flask\napp = Flask(__name__)\n"
SQLALCHEMY = "from flask_sqlalchemy import SQLAlchemy\n"


def paths(files: dict[str, str] | str, requirements: str = "") -> list[str]:
    """What a source is seen to write."""
    return [found.value for found in written(Code(source(files)), requirements)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('sqlite3.connect("app.db")', "app.db"),
        ('sqlite3.connect("db/app.db")', "db/"),
        ('DATABASE = os.path.join(os.path.dirname(__file__), "shop.sqlite")\nsqlite3.connect(DATABASE)', "shop.sqlite"),
        ('sqlite3.connect(Path(__file__).resolve().parent / "shop.sqlite")', "shop.sqlite"),
        ('sqlite3.connect(f"{app.root_path}/shop.sqlite")', "shop.sqlite"),
        ('sqlite3.connect(os.path.join(app.instance_path, "x.db"))', "instance/"),
        ('app.config["DATABASE"] = "a.db"\nsqlite3.connect(app.config["DATABASE"])', "a.db"),
        ('app.config.from_mapping(DATABASE="a.db")\nsqlite3.connect(app.config.get("DATABASE"))', "a.db"),
        ('URL = os.environ.get("DATABASE_URL", "sqlite:///site.db")', "site.db"),
        ('URL = os.getenv("DATABASE_URL") or "sqlite:///" + os.path.join(os.getcwd(), "site.db")', "site.db"),
        ('URL = "sqlite:///%s" % os.path.abspath("site.db")', "site.db"),
        ('URL = "sqlite:///{}".format(Path.cwd().joinpath("site.db"))', "site.db"),
        ('URL = "sqlite+pysqlite:///site.db?timeout=5"', "site.db"),
        ('UPLOAD_FOLDER = "static/uploads"', "static/uploads/"),
        ('app.config["UPLOADED_PHOTOS_DEST"] = os.path.join(app.root_path, "photos")', "photos/"),
        ('def put(file, name):\n    file.save(os.path.join("pictures", name))', "pictures/"),
        ('os.makedirs("made/below", exist_ok=True)', "made/below/"),
        ('(Path(__file__).parents[0] / "made").mkdir()', "made/"),
        ('logging.FileHandler("logs/shop.log")', "logs/"),
        ('logging.basicConfig(filename="shop.log")', "shop.log"),
        ('LOGGING = {"handlers": {"file": {"class": "logging.FileHandler", "filename": "shop.log"}}}', "shop.log"),
        ('open("visits.txt", "a")', "visits.txt"),
        ('Path("visits.txt").write_text("1")', "visits.txt"),
        ('SESSION_TYPE = "filesystem"', "flask_session/"),
    ],
)
def test_what_is_written(line: str, expected: str) -> None:
    assert paths(FLASK + line) == [expected]


@pytest.mark.parametrize(
    "line",
    [
        'open("schema.sql")',
        'open("schema.sql", "r")',
        'sqlite3.connect(":memory:")',
        'URL = "sqlite://"',
        'URL = "sqlite:///:memory:"',
        'URL = os.environ["DATABASE_URL"]',
        'sqlite3.connect("/var/lib/shop/app.db")',
        'os.makedirs("../elsewhere")',
        'def test_it():\n    sqlite3.connect("test.db")',
        'class TestingConfig:\n    URL = "sqlite:///test.db"',
        "NAME = NAME\nsqlite3.connect(NAME)",
        "os.makedirs(unknown)",
    ],
)
def test_what_is_not(line: str) -> None:
    assert paths(FLASK + line) == []


def test_flask_sqlalchemy_has_relative_databases_in_the_instance_folder_and_long_ago_beside_the_app() -> None:
    files = {"shop/__init__.py": FLASK + SQLALCHEMY + 'SQLALCHEMY_DATABASE_URI = "sqlite:///shop.db"\n'}
    assert paths(files) == ["instance/"]
    assert paths(files, "Flask-SQLAlchemy==2.5.1\n") == ["shop/shop.db"]


def test_the_instance_folder_of_a_package_below_src_is_beside_it() -> None:
    assert paths({"src/shop/__init__.py": FLASK + "print(app.instance_path)"}) == ["src/instance/"]


def test_what_lies_in_a_wider_path_is_not_named_and_folders_with_code_are_not_data() -> None:
    code = 'os.mkdir("data")\nopen("data/visits.txt", "w")\nsqlite3.connect("shop/shop.db")\nos.mkdir("shop")\n'
    assert paths({"app.py": FLASK + code, "shop/__init__.py": ""}) == ["data/", "shop/shop.db"]


def test_a_file_beside_others_of_the_source_is_named_alone() -> None:
    assert paths({"app.py": FLASK + 'open("static/map.json", "w")', "static/site.css": ""}) == ["static/map.json"]


def test_tests_migrations_and_files_of_another_python_are_passed_over() -> None:
    line = 'import sqlite3\nsqlite3.connect("other.db")\n'
    aside = dict.fromkeys(
        ("tests/test_app.py", "conftest.py", "migrations/env.py", "scripts/copy.py", "setup.py"), line
    )
    assert paths({**aside, "app.py": FLASK, "old.py": 'print "no Python of today"\n' + line}) == []
