"""Trees that are given to root."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from windlass.agent.failures import Failed
from windlass.agent.resources.sealed import seal


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_sealed_trees_belong_to_root(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("")
    outside.chmod(0o600)
    os.chown(outside, 1, 1)
    tree = tmp_path / "tree"
    (tree / "bin").mkdir(parents=True)
    (tree / "bin" / "run").write_text("")
    (tree / "bin" / "run").chmod(0o4777)
    (tree / "readable").touch(mode=0o600)
    (tree / "bin" / "link").symlink_to(outside)
    (tree / "folder-link").symlink_to(tmp_path)
    for path in (tree, *tree.rglob("*")):
        os.chown(path, 1, 1, follow_symlinks=False)
    (tree / "bin" / "run").chmod(0o4777)
    seal(str(tree), 7)
    assert {path.lstat().st_uid for path in (tree, *tree.rglob("*"))} == {0}
    assert stat.S_IMODE((tree / "bin" / "run").stat().st_mode) == 0o755
    assert stat.S_IMODE((tree / "readable").stat().st_mode) == 0o644
    assert (stat.S_IMODE(tree.stat().st_mode), tree.stat().st_gid) == (0o750, 7)
    assert (outside.stat().st_uid, stat.S_IMODE(outside.stat().st_mode)) == (1, 0o600)
    assert tmp_path.stat().st_uid == os.getuid()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_a_file_that_may_be_somebody_elses_is_not_sealed(tmp_path: Path) -> None:
    tree, outside = tmp_path / "tree", tmp_path / "outside"
    tree.mkdir()
    outside.touch(mode=0o600)
    os.chown(outside, 1, 1)
    os.link(outside, tree / "inside")
    with pytest.raises(Failed) as raised:
        seal(str(tree), 7)
    assert (str(raised.value), raised.value.hint) == (
        f"{tree}/inside has another name elsewhere (a hard link), so it may be somebody else's file",
        "A package has made it while it was installed: do without that package, or tell its makers.",
    )
    assert (outside.stat().st_uid, stat.S_IMODE(outside.stat().st_mode)) == (1, 0o600)
