"""Virtual environments, the parts that need no host; real ones are made in tests/lab/test_release.py."""

from __future__ import annotations

import ensurepip
import glob
import os
import stat
from pathlib import Path

import pytest

from tests.local_machine import on_this_machine
from windlass.agent.failures import Failed
from windlass.agent.resources import venv
from windlass.agent.resources.content import Content
from windlass.agent.resources.venv import Progress, Venv, network_settings, seal


def test_progress_says_what_pip_is_busy_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venv, "PROGRESS_INTERVAL", 0)
    said: list[str] = []
    hear = Progress(said.append)
    for line in (
        "Collecting flask==3.1.3",
        "  Downloading flask-3.1.3-py3-none-any.whl (103 kB)",
        "  Building wheel for thing (pyproject.toml): started",
        "Installing collected packages: a, b, c",
    ):
        hear(line)
    assert said == ["downloading flask==3.1.3", "building thing", "installing 3 packages"]


def test_progress_is_not_more_than_a_person_can_read() -> None:
    said: list[str] = []
    hear = Progress(said.append)
    for number in range(100):
        hear(f"Collecting x{number}")
    assert said == ["downloading x0"]


def test_network_settings_are_those_of_the_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = tmp_path / "environment"
    monkeypatch.setattr(venv, "ENVIRONMENT", str(environment))
    assert network_settings() == {}
    environment.write_text('# PIP_X=1\nhttps_proxy="http://proxy:3128"\nPATH=/bin\nSSL_CERT_FILE=/ca.pem\nnonsense\n')
    assert network_settings() == {"https_proxy": "http://proxy:3128", "SSL_CERT_FILE": "/ca.pem"}


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
def test_what_pip_does_not_install(tmp_path: Path, requirement: str, said: str, hint: str | None) -> None:
    (wheel,) = glob.glob(venv.PIP_WHEELS) or glob.glob(f"{Path(ensurepip.__file__).parent}/_bundled/pip-*.whl")
    made = on_this_machine(Venv(f"{tmp_path}/venv", "root", "", Content.of(requirement), Content.of("")))
    with pytest.raises(Failed) as raised:
        made._make({"PYTHONPATH": wheel})
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
