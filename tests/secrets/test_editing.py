"""The editor's file: in memory alone, and gone in every case."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.commands import ROOT
from windlass.errors import InventoryError, UsageError
from windlass.secrets import editing
from windlass.secrets.editing import edited

# Notes where the file is and who can read it, then does as told.
EDITOR = """
import os, pathlib, sys, time
file = pathlib.Path(sys.argv[1])
modes = oct(file.parent.stat().st_mode & 0o777), oct(file.stat().st_mode & 0o777)
pathlib.Path("seen").write_text(f"{file} {' '.join(modes)}")
exec(os.environ["ACT"])
"""


@pytest.fixture(autouse=True)
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in memory for this test alone."""
    folder = Path("/dev/shm") / f"test-{os.getpid()}-{tmp_path.name}"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    monkeypatch.setenv("VISUAL", shlex.join([sys.executable, "-c", EDITOR]))
    monkeypatch.setenv("ACT", "")
    yield folder
    left = list(folder.iterdir())
    for path in left:
        subprocess.run(["rm", "-r", path], check=True)
    folder.rmdir()
    assert left == []


def refuse(text: str) -> None:
    if "bad" in text:
        raise InventoryError("web.yml.age:1: this is bad")


def refusal() -> str:
    """Why nothing can be edited."""
    with pytest.raises(UsageError) as raised:
        edited("A: 1\n", "web.yml", refuse)
    return str(raised.value)


def test_what_the_editor_leaves_is_taken(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACT", "file.write_text(file.read_text() + 'B: ü\\n')")
    assert edited("A: ä\n", "web.yml", refuse) == "A: ä\nB: ü\n"
    path, *modes = Path("seen").read_text().split()
    assert Path(path).name == "web.yml"
    assert Path(path).is_relative_to(memory)
    assert modes == ["0o700", "0o600"]
    assert list(memory.iterdir()) == []


@pytest.mark.parametrize("act", ["", "file.unlink()", "file.write_text(file.read_text())"])
def test_nothing_was_changed(act: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACT", act)
    assert edited("A: 1\n", "web.yml", refuse) is None


def test_an_invalid_result_can_be_mended_or_given_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = [True, False]
    monkeypatch.setattr("click.confirm", lambda *_, **__: answers.pop(0))
    monkeypatch.setenv("ACT", "file.write_text(file.read_text() + 'bad')")
    assert edited("A: 1\n", "web.yml", refuse) is None
    assert capsys.readouterr().err == "web.yml.age:1: this is bad\n" * 2
    answers = [True]
    monkeypatch.setenv("ACT", "file.write_text('bad' if 'bad' not in file.read_text() else 'good')")
    assert edited("A: 1\n", "web.yml", refuse) == "good"


def test_an_editor_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACT", "file.write_text('half'); sys.exit(3)")
    assert refusal() == "the editor exited with 3: nothing is changed"


@pytest.mark.parametrize("editor", ["nosucheditor --wait", "vi '", " "])
def test_an_editor_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch, editor: str) -> None:
    monkeypatch.setenv("VISUAL", editor)
    assert refusal() == f"the editor {editor!r} cannot be started\n  Set EDITOR."


@pytest.mark.parametrize("act", ["file.mkdir()", "os.mkfifo(file)"])
def test_an_editor_that_leaves_no_file(monkeypatch: pytest.MonkeyPatch, act: str) -> None:
    monkeypatch.setenv("ACT", f"file.unlink(); {act}")
    assert refusal() == (
        "the editor left something in place of web.yml that is no file: nothing is changed\n"
        "  Edit again; EDITOR names another editor."
    )


def test_no_memory_to_edit_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editing, "places", lambda: [tmp_path])
    monkeypatch.setattr(editing, "MOUNTS", tmp_path / "mounts")
    (tmp_path / "mounts").write_text("none / ext4 rw 0 0\nnone /nosuch tmpfs rw 0 0\n")
    assert refusal() == (
        f"there is no folder in memory here ({tmp_path}), and secrets are not put on a disk\n"
        "  ./deploy.py secrets set NAME needs none."
    )


def test_vim_keeps_nothing_elsewhere(home: Path, memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vim = "/usr/bin/vim"
    if not os.access(vim, os.X_OK):
        pytest.skip("vim is not installed")
    (home / ".vimrc").write_text("set backup undofile backupdir=~ undodir=~ directory=~\n")
    monkeypatch.setenv("VISUAL", f"{vim} -es -u {home}/.vimrc -c 'normal yyp' -c wq")
    assert edited("CANARY: 1\n", "web.yml", refuse) == "CANARY: 1\nCANARY: 1\n"
    kept = [path for path in home.rglob("*") if path.is_file() and b"CANARY" in path.read_bytes()]
    assert kept == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_killed_edit_leaves_nothing_behind(memory: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setenv("ACT", "time.sleep(20)")  # an orphan of SIGKILL ends by itself
    script = "from windlass.secrets.editing import edited; edited('A: 1', 'web.yml', len)"
    editing = subprocess.Popen(
        [sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL
    )
    while not Path("seen").exists():
        assert editing.poll() is None
        time.sleep(0.02)
    assert list(memory.iterdir())
    editing.send_signal(number)
    editing.wait(60)
    deadline = time.monotonic() + 60
    while list(memory.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert list(memory.iterdir()) == []
