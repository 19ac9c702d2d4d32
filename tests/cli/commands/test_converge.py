"""What commands that converge hosts leave behind on this machine."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.projects import project
from windlass.cli.cli import run
from windlass.inventory.host_file import FAILED, note_failed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project whose hosts all refuse to be connected to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    return project(
        tmp_path, f"all: {{hosts: {{a: , b: , c: }}, vars: {{ansible_host: 127.0.0.1, ansible_port: {port}}}}}"
    )


def test_a_run_notes_the_hosts_that_it_failed_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--project", str(folder), "provision", "a", "b", "--check"]) == 1
    assert (folder / FAILED).read_text() == "a\nb\n"
    assert run(["--project", str(folder), "provision", "all", "--check", "--limit", "@failed,!a"]) == 1
    assert (folder / FAILED).read_text() == "b\n"
    assert run(["--project", str(folder), "provision", "all", "--serial", "1", "--check"]) == 1
    assert (folder / FAILED).read_text() == "a\nb\nc\n"  # those that were not begun, too
    assert "b  not done, 0.0 s" in capsys.readouterr().out


def test_a_run_that_is_not_begun_notes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note_failed(folder, ["c"])
    assert run(["--project", str(folder), "provision", "a", "--check", "--app", "shop"]) == 2
    assert (folder / FAILED).read_text() == "c\n"
    assert "shop" in capsys.readouterr().err


def test_a_note_that_cannot_be_written_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / ".windlass").touch()
    assert run(["--project", str(folder), "provision", "a", "--check"]) == 1
    assert capsys.readouterr().err.endswith(
        ".windlass/failed cannot be written, so --limit @failed does not know of this run: File exists\n"
    )
