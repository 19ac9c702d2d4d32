"""Writing where others could have planted something."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.local_machine import converge
from windlass.agent import files
from windlass.agent.failures import Failed
from windlass.agent.resources import Absent, Directory, Link

if TYPE_CHECKING:
    from pathlib import Path

OWN = {"uid": os.getuid(), "gid": os.getgid()}


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder in which everybody can rename what everybody made, and a folder in it."""
    (tmp_path / "shared/folder").mkdir(parents=True)
    (tmp_path / "shared").chmod(0o777)
    return tmp_path / "shared/folder"


def test_nothing_is_written_where_others_can_swap_a_folder(shared: Path) -> None:
    with pytest.raises(Failed) as raised:
        files.write(f"{shared}/file", b"", **OWN)
    assert (str(raised.value), raised.value.hint) == (
        f"nothing is written to {shared}: others than root could replace {shared}",
        f"{shared.parent} has to be root's own: chown root {shared.parent}; chmod go-w {shared.parent}",
    )
    with pytest.raises(Failed, match="others than root could replace"):
        files.link(f"{shared}/link", "target")
    with pytest.raises(Failed, match="others than root could replace"):
        converge(Link(f"{shared}/link", "target"))
    with pytest.raises(Failed, match="others than root could replace"):
        converge(Directory(f"{shared}/new"))
    (shared / "old").touch()
    with pytest.raises(Failed, match="others than root could replace"):
        converge(Absent(f"{shared}/old"))
    assert [path.name for path in shared.iterdir()] == ["old"]


def test_a_link_of_somebody_is_as_good_as_the_folder_that_it_is_in(shared: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (shared.parent / "way").symlink_to(tmp_path / "mine")
    with pytest.raises(Failed, match=r"could replace .*/way"):
        files.write(f"{shared.parent}/way/file", b"", **OWN)
    (tmp_path / "there").symlink_to(shared)
    with pytest.raises(Failed, match=f"could replace {shared}"):
        files.write(f"{tmp_path}/there/file", b"", **OWN)
    (tmp_path / "good").symlink_to(tmp_path / "mine")
    files.write(f"{tmp_path}/good/file", b"mine", **OWN)
    assert (tmp_path / "mine/file").read_bytes() == b"mine"


def test_a_link_on_the_way_is_as_good_as_all_that_it_leads_to(shared: Path, tmp_path: Path) -> None:
    """As /srv may be one to a disk for data: its own mode, which is anybody's, says nothing."""
    (tmp_path / "disk/srv/shop").mkdir(parents=True)
    (tmp_path / "srv").symlink_to("disk/srv")
    files.write(f"{tmp_path}/srv/shop/file", b"ours", **OWN)
    assert (tmp_path / "disk/srv/shop/file").read_bytes() == b"ours"
    # By way of a link that others could replace.
    (shared.parent / "theirs").symlink_to(tmp_path / "disk")
    (tmp_path / "by").symlink_to(f"{shared.parent}/theirs/srv")
    with pytest.raises(Failed, match=r"could replace .*/theirs"):
        files.write(f"{tmp_path}/by/shop/file", b"", **OWN)


def test_where_only_the_last_folder_is_anybodys_it_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    folder = tmp_path / "anybodys"
    folder.mkdir()
    folder.chmod(0o777)
    (folder / ".windlass-new-file").symlink_to(tmp_path / "precious")
    (folder / "file").symlink_to(tmp_path / "precious")
    files.write(f"{folder}/file", b"new", **OWN)
    assert (folder / "file").read_bytes() == b"new"
    assert (tmp_path / "precious").read_text() == "precious"


def test_what_is_sticky_keeps_what_is_ours(shared: Path) -> None:
    shared.parent.chmod(0o1777)
    files.write(f"{shared}/file", b"", **OWN)


def test_an_own_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    files.own_folder(f"{tmp_path}/new/state")
    assert (tmp_path / "new/state").stat().st_mode & 0o777 == 0o700
    (tmp_path / "new/state").chmod(0o777)
    files.own_folder(f"{tmp_path}/new/state")
    assert (tmp_path / "new/state").stat().st_mode & 0o777 == 0o700
    (tmp_path / "link").symlink_to(tmp_path / "new")
    with pytest.raises(OSError, match="link"):
        files.own_folder(f"{tmp_path}/link")


def test_an_own_folder_that_belongs_to_somebody_else(tmp_path: Path) -> None:
    folder = "/"
    if os.geteuid() == 0:
        folder = f"{tmp_path}/theirs"
        os.mkdir(folder)
        os.chown(folder, 54321, -1)
    with pytest.raises(Failed) as raised:
        files.own_folder(folder)
    assert str(raised.value) == f"{folder} belongs to somebody else"
    assert raised.value.hint == "Find out who made it, and move it away."


def test_the_digest_of_a_file_that_may_not_be_there(tmp_path: Path) -> None:
    assert files.digest(f"{tmp_path}/file") is None
    (tmp_path / "file").write_bytes(b"abc")
    assert files.digest(f"{tmp_path}/file") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
