"""A symbolic link, and a path that must not be there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.local_machine import converge
from windlass.agent.failures import Failed
from windlass.agent.resources import Absent, Link

if TYPE_CHECKING:
    from pathlib import Path


def test_a_link_is_made_and_turned(tmp_path: Path) -> None:
    path = tmp_path / "link"
    assert converge(Link(str(path), "one")) == ["exists", "target"]
    assert converge(Link(str(path), "two")) == ["target"]
    assert converge(Link(str(path), "two")) == []
    assert str(path.readlink()) == "two"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_to_a_folder_is_turned_and_not_entered(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "link").symlink_to("one")
    converge(Link(str(tmp_path / "link"), "two"))
    assert str((tmp_path / "link").readlink()) == "two"
    assert list((tmp_path / "one").iterdir()) == []


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    with pytest.raises(Failed, match="is no link"):
        converge(Link(str(tmp_path / "file"), "target"))
    assert (tmp_path / "file").read_text() == "precious"


@pytest.mark.parametrize("kind", ["file", "link", "dead link", "link to a folder"])
def test_absent(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "path"
    (tmp_path / "other").mkdir()
    (tmp_path / "other/file").touch()
    if kind == "file":
        path.touch()
    else:
        path.symlink_to({"link": "other/file", "dead link": "gone", "link to a folder": "other"}[kind])
    assert converge(Absent(str(path))) == ["exists"]
    assert converge(Absent(str(path))) == []
    assert (tmp_path / "other/file").exists()


def test_absent_refuses_a_folder(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="is a directory"):
        converge(Absent(str(tmp_path)))
