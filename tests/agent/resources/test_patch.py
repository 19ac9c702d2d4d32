"""Patches: git itself reads what we write, and would have written the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.local_machine import on_this_machine
from windlass.agent.resources import Absent
from windlass.agent.resources.patch import LONGEST, Side, patch

PATH = "/etc/thing.conf"


def side(text: str | bytes | None, mode: int = 0o644) -> Side | None:
    if text is None:
        return None
    return Side(text if isinstance(text, bytes) else text.encode(), mode)


CHANGES = {
    "a new file": (None, side("one\ntwo\n")),
    "a new file without a newline": (None, side("one")),
    "an empty new file": (None, side("")),
    "a deleted file": (side("one\n", 0o755), None),
    "a changed line": (side("1\n2\n3\n4\n5\n6\n7\n8\n9\n"), side("1\n2\n3\n4\n5\n6\n7\n8\nnine\n")),
    "a newline more": (side("one"), side("one\n")),
    "a newline less": (side("one\n"), side("one")),
    "a mode": (side("one\n"), side("one\n", 0o755)),
    "both": (side("one\n"), side("two\n", 0o755)),
    "strange ends of lines": (side("a\rb\x0cc\u2028d\n"), side("a\rb\x0cc\u2028e\n")),
    "minus signs": (side("-- a/x\n"), side("++ b/x\n")),
}


@pytest.mark.parametrize("name", CHANGES)
def test_it_is_what_git_says(name: str, tmp_path: Path) -> None:
    old, new = CHANGES[name]
    work = tmp_path / "etc/thing.conf"
    work.parent.mkdir()
    git(tmp_path, "init", "-q")
    put(work, old)
    git(tmp_path, "add", "-A")
    put(work, new)
    if old is None:
        git(tmp_path, "add", "--intent-to-add", ".")
    said = git(tmp_path, "diff", "--no-ext-diff").split("\n")
    theirs = [line for line in said if not line.startswith("index ")]
    ours = [*patch(PATH, old, new).split("\n"), ""]
    assert ours == theirs


def put(path: Path, what: Side | None) -> None:
    path.unlink(missing_ok=True)
    if what:
        assert what.content is not None
        path.write_bytes(what.content)
        path.chmod(what.mode)


def git(folder: Path, *arguments: str) -> str:
    argv = ["git", "-c", "core.fileMode=true", "-C", str(folder), *arguments]
    return subprocess.run(argv, capture_output=True, check=True).stdout.decode()


def test_no_change_is_no_patch() -> None:
    assert patch(PATH, side("x"), side("x")) == ""
    assert patch(PATH, None, None) == ""


def test_what_is_no_text_only_differs() -> None:
    assert patch(PATH, side(b"\xff"), side("x")).splitlines() == [
        f"diff --git a{PATH} b{PATH}",
        f"Binary files a{PATH} and b{PATH} differ",
    ]


def test_what_nobody_would_read_is_left_out() -> None:
    assert patch(PATH, None, side("x" * (LONGEST + 1))).splitlines()[-1] == (
        f"(its contents are too long for a patch: 0 and {LONGEST + 1} bytes)"
    )


def test_a_removed_file_is_shown_unless_it_is_private(tmp_path: Path) -> None:
    path = tmp_path / "file"
    absent = on_this_machine(Absent(str(path)))
    assert absent.patch() == ""
    path.write_text("old\n")
    path.chmod(0o644)
    assert absent.patch().splitlines() == [
        f"diff --git a{path} b{path}",
        "deleted file mode 100644",
        f"--- a{path}",
        "+++ /dev/null",
        "@@ -1 +0,0 @@",
        "-old",
    ]
    path.chmod(0o640)
    assert absent.patch().splitlines()[1:] == ["deleted file mode 100640", "(its content is not shown)"]
