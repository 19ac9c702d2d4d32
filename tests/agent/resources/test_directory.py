"""A directory."""

from __future__ import annotations

import grp
import os
import pwd
from typing import TYPE_CHECKING

import pytest

from tests.local_machine import converge
from windlass.agent.failures import Failed
from windlass.agent.resources import Directory

if TYPE_CHECKING:
    from pathlib import Path

OWNER = {"owner": pwd.getpwuid(os.getuid()).pw_name, "group": grp.getgrgid(os.getgid()).gr_name}


def test_made_with_its_parents_and_mended(tmp_path: Path) -> None:
    path = tmp_path / "some/where"
    assert converge(Directory(str(path), mode=0o2750, **OWNER)) == ["exists", "group", "mode", "owner"]
    assert (path.stat().st_mode & 0o7777, path.parent.stat().st_mode & 0o777) == (0o2750, 0o755)
    assert converge(Directory(str(path), mode=0o700, **OWNER)) == ["mode"]
    assert converge(Directory(str(path), mode=0o700, **OWNER)) == []


def test_what_is_in_it_stays(tmp_path: Path) -> None:
    (tmp_path / "file").touch(mode=0o600)
    converge(Directory(str(tmp_path), mode=0o755, **OWNER))
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_a_file_or_link_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "lost").symlink_to(tmp_path / "nowhere")
    if os.geteuid() == 0:  # root's own will do, see below
        os.lchown(tmp_path / "link", 1234, 1234)
    for name in ("file", "link", "lost"):
        with pytest.raises(Failed, match="is no directory"):
            converge(Directory(str(tmp_path / name), **OWNER))


def test_no_half_made_folder_for_an_unknown_owner(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="there is no user"):
        converge(Directory(str(tmp_path / "new"), owner="nobody-here"))
    assert list(tmp_path.iterdir()) == []


def test_roots_own_link_to_a_folder_that_is_roots_to_choose(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk/shop").mkdir(mode=0o755)
    (tmp_path / "shop").symlink_to("disk/shop")
    if os.geteuid():
        with pytest.raises(Failed, match="is no directory"):
            converge(Directory(str(tmp_path / "shop"), **OWNER))
        return
    assert converge(Directory(str(tmp_path / "shop"), mode=0o700, owner="daemon", group="daemon")) == [
        "group", "mode", "owner",
    ]  # fmt: skip
    assert (tmp_path / "disk/shop").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "shop").is_symlink()
    (tmp_path / "disk").chmod(0o777)
    with pytest.raises(Failed, match="others than root could replace"):
        converge(Directory(str(tmp_path / "shop"), mode=0o755, owner="daemon", group="daemon"))
