"""Several commands at once: one after the other, and nothing is lost."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.projects import project
from tests.secrets.command import CANARY, Secrets, begun, ended
from tests.secrets.projects import HOSTS
from windlass.secrets.turn import turn


@pytest.fixture
def secrets(tmp_path: Path) -> Iterator[Secrets]:
    """A project where `secrets init` has been run."""
    with begun(tmp_path) as found:
        yield found


def test_init_of_two_projects_at_once_makes_one_key(secrets: Secrets, tmp_path: Path) -> None:
    home = tmp_path / "new"
    home.mkdir()
    folders = [project(tmp_path / f"project{number}", HOSTS) for number in range(4)]
    started = [Secrets(folder, home).start("init") for folder in folders]
    assert [said.status for said in ended(*started)] == [0] * 4
    lines = {(folder / "inventory/secrets/recipients.txt").read_text() for folder in folders}
    assert len(lines) == 1
    Secrets(folders[0], home)("set", "A", stdin=CANARY)
    assert Secrets(folders[0], home)("show", "A", "--reveal").out == CANARY


def test_many_at_once_lose_nothing(secrets: Secrets) -> None:
    names = [f"NAME{number}" for number in range(6)]
    started = [secrets.start("generate", name) for name in names]
    started += [secrets.start("rekey"), secrets.start("edit", EDITOR="sed -i '$aEDITED: 1'")]
    said = ended(*started)
    assert [each.status for each in said] == [0] * len(started), said
    assert {row.split()[2] for row in secrets("list").out.splitlines()[1:]} == {*names, "EDITED"}


def test_only_one_generates_a_key(secrets: Secrets) -> None:
    started = [secrets.start("generate", "KEY") for _ in range(4)]
    said = ended(*started)
    assert sorted(each.status for each in said) == [0, 2, 2, 2], said
    assert sum("KEY is set already" in each.err for each in said) == 3


@pytest.mark.parametrize("command", [["set", "OTHER"], ["rekey"], ["edit"]])
def test_an_open_edit_is_waited_for(secrets: Secrets, command: list[str]) -> None:
    secrets("set", "TOKEN", stdin=CANARY)
    editor = "sh -c 'touch begun; until test -e go; do sleep 0.05; done; echo EDITED: 1 >> \"$0\"'"
    editing = secrets.start("edit", EDITOR=editor)
    while not (secrets.folder / "begun").exists():
        assert editing.poll() is None
        time.sleep(0.05)
    waiting = secrets.start(*command, EDITOR="sed -i '$aOTHER: 1'")
    assert waiting.stderr
    assert waiting.stderr.readline() == (
        "inventory/secrets is being changed by another command, perhaps an open edit: waiting\n"
    )
    (secrets.folder / "go").touch()
    said = ended(editing, waiting)
    assert [each.status for each in said] == [0, 0], said
    names = [row.split()[2] for row in secrets("list").out.splitlines()[1:]]
    assert names == ["TOKEN", "EDITED"] + (["OTHER"] if command != ["rekey"] else [])


def test_one_who_waits_can_be_interrupted(secrets: Secrets) -> None:
    handle = os.open(secrets.file(""), os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    waiting = secrets.start("generate", "KEY")
    assert waiting.stderr
    assert "waiting" in waiting.stderr.readline()
    waiting.send_signal(signal.SIGINT)
    [said] = ended(waiting)
    os.close(handle)
    assert said.status == 130
    assert "Traceback" not in said.err
    assert not secrets.file("all.yml.age").exists()


def test_a_file_system_without_locks_of_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int, operation: int) -> None:
        raise OSError(errno.EBADF, "as NFS says")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with turn(Path.cwd()):
        Path("changed").touch()
    assert Path("changed").exists()


def test_an_error_inside_is_not_swallowed_and_frees_it() -> None:
    with pytest.raises(OSError, match="full"), turn(Path.cwd()):
        raise OSError(errno.ENOSPC, "full")
    with turn(Path.cwd()):
        pass
