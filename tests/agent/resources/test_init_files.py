"""Files that shells read at login: closed to others, and nothing else is touched."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.local_machine import converge, on_this_machine
from windlass.agent.resources import InitFiles

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home of one who may log in and of one who may not, and a skeleton that is not root's."""
    for name in ("home", "service", "skel"):
        (tmp_path / name).mkdir()
        for file in (".bashrc", ".profile", ".config"):
            (tmp_path / name / file).write_text("export TOKEN=x\n")
            (tmp_path / name / file).chmod(0o644)
    line = "{}:x:{}:{}::{}:{}\n"
    (tmp_path / "passwd").write_text(
        line.format("me", os.geteuid(), os.getegid(), tmp_path / "home", "/bin/bash")
        + line.format("daemon", os.geteuid(), os.getegid(), tmp_path / "service", "/usr/sbin/nologin")
        + "no line of this kind\n"
    )
    return tmp_path / "home"


def wanted(home: Path) -> InitFiles:
    return InitFiles(str(home.parent / "none"), str(home.parent / "passwd"))


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.lstat().st_mode & 0o777 for path in sorted(folder.iterdir())}


def test_they_are_closed_to_others(home: Path) -> None:
    (home / ".profile").chmod(0o4766)
    assert on_this_machine(wanted(home)).actual() == {"open": [f"{home}/.bashrc", f"{home}/.profile"]}
    assert converge(wanted(home)) == ["open"]
    assert modes(home) == {".bashrc": 0o640, ".config": 0o644, ".profile": 0o740}
    assert modes(home.parent / "service") == {".bashrc": 0o644, ".config": 0o644, ".profile": 0o644}
    assert converge(wanted(home)) == []


def test_links_folders_and_pipes_are_let_alone(home: Path) -> None:
    target = home.parent / "target"
    target.write_text("")
    target.chmod(0o644)
    for name in (".bashrc", ".profile"):
        (home / name).unlink()
    (home / ".bashrc").symlink_to(target)
    (home / ".profile").mkdir()
    os.mkfifo(home / ".zshrc", 0o644)
    assert converge(wanted(home)) == []
    assert target.stat().st_mode & 0o777 == 0o644


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another")
def test_what_belongs_to_another_is_let_alone(home: Path) -> None:
    os.chown(home / ".bashrc", 4711, 4711)
    converge(wanted(home))
    assert modes(home)[".bashrc"] == 0o644
