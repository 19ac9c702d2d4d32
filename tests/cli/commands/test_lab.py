"""`deploy.py lab ...` where no lab is: messages and exit statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from windlass.cli.cli import run
from windlass.project import Project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("arguments", [["status"], ["ssh", "lab"], ["ssh", "lab", "--", "id"]])
def test_lab_that_is_not_up(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lab", *arguments], Project(tmp_path)) == 1
    assert capsys.readouterr().err == "error: the lab is not up\n  run: ./deploy.py lab up\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["up", "--image", "debian:14"],
            "Invalid value for '--image': 'debian:14' is not one of 'debian:12', 'debian:13'.",
        ),
        (["up", "--hosts", "0"], "Invalid value for '--hosts': 0 is not in the range 1<=x<=200."),
        (["ssh"], "Missing argument 'NAME'."),
    ],
)
def test_wrong_usage(arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lab", *arguments], Project(tmp_path)) == 2
    assert capsys.readouterr().err.partition("\n\n")[2] == f"Error: {message}\n"
    assert list(tmp_path.iterdir()) == []


def test_state_of_another_version_is_no_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / ".windlass" / "lab"
    folder.mkdir(parents=True)
    (folder / "state.json").write_text("{}")
    assert run(["lab", "status"], Project(tmp_path)) == 1
    assert capsys.readouterr().err == (
        f"error: {folder}/state.json is damaged, or of another version of Windlass\n  run first: ./deploy.py lab down\n"
    )
