"""A regular file."""

from __future__ import annotations

import grp
import os
import pwd
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from tests.local_machine import converge, on_this_machine
from windlass.agent.failures import Failed
from windlass.agent.resources import File

if TYPE_CHECKING:
    from pathlib import Path

OWNER = {"owner": pwd.getpwuid(os.getuid()).pw_name, "group": grp.getgrgid(os.getgid()).gr_name}


def file(path: Path, content: str | bytes = "new\n", **more: Any) -> File:
    return File(str(path), content, **OWNER, **more)


def test_content_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert converge(file(path, mode=0o640)) == ["content", "exists", "group", "mode", "owner"]
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new\n", 0o640)
    assert converge(file(path, mode=0o640)) == []
    path.chmod(0o666)
    assert converge(file(path, mode=0o640)) == ["mode"]
    assert converge(file(path, b"\xff\x00", mode=0o640)) == ["content"]


def test_nothing_else_is_left_in_the_folder(tmp_path: Path) -> None:
    converge(file(tmp_path / "file"))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_open_reader_keeps_the_old_content(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old\n")
    with (tmp_path / "file").open() as reader:
        converge(file(tmp_path / "file"))
        assert reader.read() == "old\n"


def test_what_a_check_refuses_is_put_back(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old\n")
    path.chmod(0o600)
    with pytest.raises(Failed, match="refused, and as it was again: bad: new"):
        converge(file(path, verify=["sh", "-c", f"echo bad: $(cat {path}); grep -q old {path}"]))
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("old\n", 0o600)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_fault_that_was_there_before_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old\n")
    verify = ["sh", "-c", f"echo other is bad, with $(cat {path}); exit 1"]
    with pytest.raises(Failed) as failed:
        converge(file(path, verify=verify))
    assert str(failed.value) == (
        f"as it was again: `{shlex.join(verify)}` refuses what was there before as well: other is bad, with old"
    )
    assert failed.value.hint == "Repair what it names, or remove it, then run again."
    assert path.read_text() == "old\n"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("verify", [["sh", "-c", '! test -e "$0"/file'], ["no-such-command"]])
def test_a_new_file_that_a_check_refuses_is_gone_again(tmp_path: Path, verify: list[str]) -> None:
    with pytest.raises(Failed, match="refused"):
        converge(file(tmp_path / "file", verify=[*verify, str(tmp_path)]))
    assert list(tmp_path.iterdir()) == []


def test_a_check_that_is_content_leaves_the_new_file(tmp_path: Path) -> None:
    converge(file(tmp_path / "file", verify=["grep", "-q", "new", str(tmp_path / "file")]))
    assert (tmp_path / "file").read_text() == "new\n"


def test_a_link_or_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("precious")
    (tmp_path / "link").symlink_to("target")
    (tmp_path / "folder").mkdir()
    for name in ("link", "folder"):
        with pytest.raises(Failed, match="no regular file"):
            converge(file(tmp_path / name))
    assert (tmp_path / "target").read_text() == "precious"


def test_a_fifo_in_its_place_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(Failed, match="no regular file"):
        converge(file(tmp_path / "fifo"))


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=f"there is no folder {tmp_path / 'missing'}"):
        converge(file(tmp_path / "missing" / "file"))


def test_an_unknown_owner_is_named(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="there is no user 'nobody-here'"):
        converge(File(str(tmp_path / "file"), "x", owner="nobody-here", group=OWNER["group"]))


def test_patch(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert "--- /dev/null" in on_this_machine(file(path)).patch()
    path.write_text("old\n")
    assert on_this_machine(file(path)).patch().splitlines()[-2:] == ["-old", "+new"]
    assert on_this_machine(file(path, b"\xff")).patch().splitlines()[1] == f"Binary files a{path} and b{path} differ"
    path.chmod(0o600)
    assert on_this_machine(file(path, "old\n")).patch().splitlines()[1:] == ["old mode 100600", "new mode 100644"]


def test_a_patch_that_nobody_would_read_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old\n" * 200_000)
    patch = on_this_machine(file(tmp_path / "file", "new\n" * 200_000)).patch()
    assert patch.splitlines()[1:] == ["(its contents are too long for a patch: 800000 and 800000 bytes)"]
