"""Virtual environments, the parts that need no host; real ones are made in tests/lab/test_release.py."""

from __future__ import annotations

import ensurepip
import glob
import os
from pathlib import Path

import pytest

from tests.local_machine import on_this_machine
from windlass.agent.failures import Failed
from windlass.agent.resources import confined, venv
from windlass.agent.resources.content import Content
from windlass.agent.resources.venv import Venv


def test_no_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venv, "PIP_WHEELS", f"{tmp_path}/pip-*.whl")
    with pytest.raises(Failed) as raised:
        on_this_machine(Venv(f"{tmp_path}/venv", "app", "", Content.of(""), Content.of(""))).apply({})
    assert (str(raised.value), raised.value.hint) == (
        f"there is no pip on the host ({tmp_path}/pip-*.whl)",
        "Install the package python3-venv.",
    )


@pytest.mark.skipif(os.getuid() != 0, reason="only root starts processes as another user")
@pytest.mark.parametrize(
    ("requirement", "said", "hint"),
    [
        (
            "gunicorn; python_version < '3'",
            "the requirements name gunicorn, but pip did not install it",
            "Is there a condition (; ...) behind it that is not true on this host?",
        ),
        (
            "flask @ file:///nowhere/flask-1-py3-none-any.whl",
            (
                "the requirements cannot be installed: Could not install packages due to an OSError: [Errno 2]"
                " No such file or directory: '/nowhere/flask-1-py3-none-any.whl'"
            ),
            None,
        ),
    ],
)
def test_what_pip_does_not_install(
    tmp_path: Path, requirement: str, said: str, hint: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confined, "BUILDER", "root")
    monkeypatch.setattr(venv, "SETTINGS", f"{tmp_path}/pip.env")
    (wheel,) = glob.glob(venv.PIP_WHEELS) or glob.glob(f"{Path(ensurepip.__file__).parent}/_bundled/pip-*.whl")
    made = on_this_machine(Venv(f"{tmp_path}/venv", "root", "", Content.of(requirement), Content.of("")))
    with pytest.raises(Failed) as raised:
        made._make(wheel)
    assert (str(raised.value), raised.value.hint) == (said, hint)


def test_one_that_was_cut_off_is_not_complete(tmp_path: Path) -> None:
    path = tmp_path / "venv"
    made = Venv(str(path), "app", "", Content.of(""), Content.of(""))
    assert made.actual() is None
    (path / "bin").mkdir(parents=True)
    (path / "bin" / "python").symlink_to("/bin/sh")
    assert made.actual() == {"complete": False}
    (path / ".complete").touch()
    assert made.actual() == made.desired()
    (path / "bin" / "python").unlink()
    (path / "bin" / "python").symlink_to(tmp_path / "python-of-the-last-debian")
    assert made.actual() == {"complete": False}
