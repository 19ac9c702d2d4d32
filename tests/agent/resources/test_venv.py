"""Virtual environments, the parts that need no host; real ones are made in tests/lab/test_release.py."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.local_machine import have_pip, on_this_machine
from windlass.agent.failures import Failed
from windlass.agent.resources import confined, package_index, venv
from windlass.agent.resources.content import Content
from windlass.agent.resources.venv import Venv


def test_no_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_index, "PIP_WHEELS", f"{tmp_path}/pip-*.whl")
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
    have_pip(monkeypatch)
    monkeypatch.setattr(confined, "BUILDER", "root")
    monkeypatch.setattr(venv, "SETTINGS", f"{tmp_path}/pip.env")
    made = on_this_machine(Venv(f"{tmp_path}/venv", "root", "", Content.of(requirement), Content.of("")))
    with pytest.raises(Failed) as raised:
        made._make(package_index.PYTHON, package_index.pip())
    assert (str(raised.value), raised.value.hint) == (said, hint)


@pytest.mark.skipif(os.getuid() != 0, reason="only root starts processes as another user")
def test_another_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "BUILDER", "root")
    monkeypatch.setattr(venv, "PYTHONS", (str(tmp_path),))
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"

    def made(python: str, version: str) -> Venv:
        return on_this_machine(Venv("/v", "", "", Content.of(""), Content.of(""), python=python, version=version))

    (tmp_path / f"python{own}").symlink_to(sys.executable)
    (tmp_path / "python3.99").symlink_to(sys.executable)
    assert made(f"python{own}", own)._interpreter() == f"{tmp_path}/python{own}"
    assert made(sys.executable, own)._interpreter() == sys.executable
    assert os.path.exists(made(sys.executable, own)._pip_of(sys.executable).removesuffix("/pip"))
    with pytest.raises(Failed) as raised:
        made("python3.99", "3.99")._interpreter()
    assert (str(raised.value), raised.value.hint) == (
        f"{tmp_path}/python3.99 is not Python 3.99, but {own}",
        "Correct the app's `python`.",
    )
    with pytest.raises(Failed) as raised:
        made("python3.98", "3.98")._interpreter()
    assert (str(raised.value), raised.value.hint) == (
        "there is no python3.98 on the host",
        "Install it (`packages`, where the distribution has it), or leave the app's `python` out.",
    )


def test_what_is_told_of_it() -> None:
    assert Venv("/v", "", "", Content.of(""), Content.of("")).notes() == {}
    assert Venv("/v", "", "", Content.of(""), Content.of(""), told="x").notes() == {"warning": "x"}


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
