"""Links in static folders: what nginx is to serve by them is there to be read."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.source.test_source import APP, loaded, members, refusal, write
from windlass.source import static, tree

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    write(tmp_path / "hello", {**APP, "assets/dist/main.css": "main\n", "assets/dist/deep/x.js": "x\n", "static/a": ""})
    return tmp_path / "hello"


def content(project: Path, **settings: str) -> dict[str, str]:
    source = loaded(project, static={"/static": "static", **settings})
    with tarfile.open(fileobj=io.BytesIO(source.archive)) as archive:
        files = {name: archive.extractfile(name) for name in archive.getnames() if archive.getmember(name).isfile()}
        return {name: file.read().decode() for name, file in files.items() if file and name.startswith("static")}


def test_links_to_files_and_folders_elsewhere(hello: Path, tmp_path: Path) -> None:
    (hello / "static/dist").symlink_to("../assets/dist")
    (hello / "static/linked.css").symlink_to("dist/main.css")
    assert content(tmp_path) == {
        "static/a": "",
        "static/dist/deep/x.js": "x\n",
        "static/dist/main.css": "main\n",
        "static/linked.css": "main\n",
    }


def test_a_folder_that_is_a_link(hello: Path, tmp_path: Path) -> None:
    (hello / "static/a").unlink()
    (hello / "static").rmdir()
    (hello / "static").symlink_to("assets/dist")
    (hello / "assets/dist/again").symlink_to("deep")
    assert content(tmp_path) == {
        "static/again/x.js": "x\n",
        "static/deep/x.js": "x\n",
        "static/main.css": "main\n",
    }


def test_links_elsewhere_stay_links(hello: Path, tmp_path: Path) -> None:
    (hello / "other").symlink_to("assets")
    assert members(loaded(tmp_path, static={"/static": "static"}))["other"].linkname == "assets"


REFUSED = {
    "nowhere": (
        "../gone",
        "hello/static/link: leads to ../gone, which is not in the source, so that nginx could not serve it",
    ),
    "itself": (
        "link",
        "hello/static/link: leads to link, which is not in the source, so that nginx could not serve it",
    ),
    "a circle": (".", "hello/static/link: leads in a circle, so that nginx could not serve it"),
    "a wider circle": ("../assets", "hello/assets/back: leads in a circle, so that nginx could not serve it"),
}


@pytest.mark.parametrize("where", REFUSED)
def test_links_that_nginx_cannot_follow(where: str, hello: Path, tmp_path: Path) -> None:
    target, message = REFUSED[where]
    (hello / "assets/back").symlink_to("../assets")
    (hello / "static/link").symlink_to(target)
    assert refusal(tmp_path, static={"/static": "static"}) == (
        f"app hello: {message}\n  Remove the link, or list it in .deployignore."
    )


def test_a_folder_behind_a_link(hello: Path, tmp_path: Path) -> None:
    (hello / "shop").symlink_to("assets")
    assert refusal(tmp_path, static={"/static": "shop/dist"}) == (
        "app hello: hello: shop/dist, which `static` names, lies behind a link\n  Write assets/dist instead."
    )


def test_a_few_links_that_mean_many_files(hello: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (static, tree):
        monkeypatch.setattr(module, "MOST", 1000)
    for number in range(12):
        (hello / f"level{number}").mkdir()
        for name in ("left", "right"):
            (hello / f"level{number}/{name}").symlink_to(f"../level{number + 1}")
    write(hello, {"level12/x": ""})
    (hello / "static/many").symlink_to("../level0")
    assert "hello: there are more than 1000 files in it" in refusal(tmp_path, static={"/static": "static"})
