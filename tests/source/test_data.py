"""What an app writes beside its code, as its source and its settings tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from windlass.errors import SourceError
from windlass.settings import AppSettings
from windlass.source import load

FILES = ("shop/__init__.py", "shop/logo.png", "shop/static/site.css", "requirements.txt", "pics/me.png", "LICENSE")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / "shop" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shop" / name).write_text("app = None\n" if name.endswith(".py") else "")
    return tmp_path


def data(project: Path, *paths: str, **settings: Any) -> tuple[str, ...]:
    given = {"source": "shop", "wsgi": "shop:app", "domains": ["shop.example.org"], "data": list(paths), **settings}
    return load("shop", AppSettings.model_validate(given), project).data


def test_the_instance_folder_always_is(project: Path) -> None:
    assert data(project) == ("instance/",)
    assert data(project, "instance/uploads", "instance/app.db") == data(project, "instance") == ("instance/",)
    assert data(project, "logs") == ("instance/", "logs/")
    assert data(project, python_path=["."], static={"/pics": "pics"}) == ("instance/",)


def test_the_instance_folder_lies_where_the_app_is_imported_from(project: Path) -> None:
    (project / "shop/shop").rename(project / "shop/lib")
    (project / "shop/src").mkdir()
    (project / "shop/lib").rename(project / "shop/src/shop")
    assert data(project) == ("src/instance/",)


def test_an_instance_folder_that_is_code_or_served_is_left_as_it_is(project: Path) -> None:
    (project / "shop/instance").mkdir()
    (project / "shop/instance/a.css").touch()
    assert data(project, static={"/i": "instance"}) == ()
    (project / "shop/instance/__init__.py").touch()
    assert data(project) == ()


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("uploads", "uploads/"),
        ("app.db", "app.db"),
        (".cache", ".cache/"),
        ("v1.0/", "v1.0/"),
        ("pics", "pics/"),
        ("LICENSE", "LICENSE"),
        ("shop/static/new", "shop/static/new/"),
        ("shop/logo.png", "shop/logo.png"),
    ],
)
def test_files_and_folders(project: Path, path: str, kept: str) -> None:
    assert data(project, path) == tuple(sorted((kept, "instance/")))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("shop", "shop/shop is code, which `data` names: it would never be replaced by that of a new release"),
        ("shop/__init__.py", "shop/shop/__init__.py is code, which `data` names"),
        ("LICENSE/x", "shop/LICENSE is no folder, so `data: [LICENSE/x]` cannot lie in it"),
        ("LICENSE/", "shop/LICENSE is a file, and `data: [LICENSE/]` names a folder"),
        ("link", "shop/link is a link, and `data: [link]` names a file"),
    ],
)
def test_what_cannot_be_data(project: Path, path: str, words: str) -> None:
    (project / "shop/link").symlink_to("pics")
    with pytest.raises(SourceError) as refused:
        data(project, path)
    assert str(refused.value).startswith(f"app shop: {words}")


def test_the_folder_of_the_apps_own_module(project: Path) -> None:
    (project / "shop/src").mkdir()
    (project / "shop/src/web.py").write_text("app = None\n")
    with pytest.raises(SourceError) as refused:
        data(project, "src", wsgi="web:app")
    assert refused.value.hint == "Name the files and folders in it that the app writes."
