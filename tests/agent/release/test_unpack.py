"""Unpacking: modes as the contract says, and nothing out of the folder, whatever the archive says."""

from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
from pathlib import Path

import pytest

from windlass.agent.failures import Failed
from windlass.agent.release.unpack import grant, unpack
from windlass.source.tree import Entry, Tree


def packed(*members: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return gzip.compress(buffer.getvalue())


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, 1 if kind == tarfile.REGTYPE else 0
    return info


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_modes_times_and_links(tmp_path: Path) -> None:
    tree = Tree(
        "app",
        [
            Entry("web/__init__.py", 3, False, lambda: b"py\n"),
            Entry("bin/run", 3, True, lambda: b"sh\n"),
            Entry("web/static/css/a.css", 3, False, lambda: b"css"),
            Entry("web/static/latest.css", 0, False, bytes, "css/a.css"),
        ],
    )
    code = tmp_path / "code"
    unpack(tree.packed()[0], str(code), 1_700_000_000)
    assert {mode(path) & 0o077 for path in code.rglob("*") if not path.is_symlink()} == {0}  # not yet for anybody
    grant(str(code), os.getgid(), ["web/static"])
    assert [mode(code / name) for name in (".", "web", "web/static", "web/static/css")] == [0o751, 0o751, 0o755, 0o755]
    assert [mode(code / name) for name in ("web/__init__.py", "bin/run", "web/static/css/a.css")] == [
        0o640,
        0o750,
        0o644,
    ]
    assert (code / "web/static/latest.css").read_text() == "css"
    assert int((code / "web/static/css/a.css").stat().st_mtime) == 1_700_000_000


def test_a_static_folder_is_no_prefix_of_a_name(tmp_path: Path) -> None:
    unpack(packed(member("static/a"), member("static2/b"), member("c")), str(tmp_path / "code"), 1)
    grant(str(tmp_path / "code"), os.getgid(), ["static"])
    assert [mode(tmp_path / "code" / name) for name in ("static/a", "static2/b", "c")] == [0o644, 0o640, 0o640]


def test_all_of_it_may_be_static(tmp_path: Path) -> None:
    unpack(packed(member("a/b")), str(tmp_path / "code"), 1)
    grant(str(tmp_path / "code"), os.getgid(), ["a"])
    assert mode(tmp_path / "code" / "a/b") == 0o644


@pytest.mark.parametrize("name", ["/etc/evil", "../evil", "a/../../evil", "./a", "a//b", "a/./b", "a/.."])
def test_unsafe_paths(tmp_path: Path, name: str) -> None:
    with pytest.raises(Failed) as raised:
        unpack(packed(member(name)), str(tmp_path / "code"), 1)
    assert str(raised.value) == f"the archive has the unsafe path '{name}'"
    assert list(tmp_path.iterdir()) == [tmp_path / "code"]


@pytest.mark.parametrize("target", ["/etc", "..", "../..", "../../x", "b/../../x", "../b/../../x"])
def test_links_that_lead_out(tmp_path: Path, target: str) -> None:
    with pytest.raises(Failed) as raised:
        unpack(packed(member("a", tarfile.SYMTYPE, target)), str(tmp_path / "code"), 1)
    assert str(raised.value) == "the archive has the link 'a', which leads outside"


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    link, file = member("a", tarfile.SYMTYPE, "b"), member("a/evil")
    with pytest.raises(FileExistsError):
        unpack(packed(link, file), str(tmp_path / "code"), 1)


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE])
def test_only_files_and_links(tmp_path: Path, kind: bytes) -> None:
    with pytest.raises(Failed) as raised:
        unpack(packed(member("a", kind, "b")), str(tmp_path / "code"), 1)
    assert str(raised.value) == "the archive has a, which is neither a file nor a link"
