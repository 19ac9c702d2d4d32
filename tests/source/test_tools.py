"""What uv, git and ssh of this machine do when they cannot have an app's code or requirements: the whole message."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.source import test_requirements, test_source
from tests.source.test_errors import REMOTE
from tests.source.test_source import APP, repository
from tests.ssh.sshd import ME, Sshd
from windlass.source import git, uv_lock


def test_a_lock_that_uv_refuses() -> None:
    said = test_requirements.refusal(
        {"uv.lock": "nonsense = [", "pyproject.toml": '[project]\nname = "x"\nversion = "1"\n'}
    )
    assert said.startswith("app/uv.lock: `uv export` refuses it: error: ")
    assert "TOML parse error at line 1" in said
    assert said.endswith("\n  Try `uv lock`, then again.")


def test_a_lock_that_takes_uv_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uv_lock, "EXPORT_TIMEOUT", 0)
    assert test_requirements.refusal({"uv.lock": "", "pyproject.toml": ""}) == (
        "app/uv.lock: `uv export` took more than 0 s\n"
        "  Try again, or name a requirements.txt with the app's `requirements`."
    )


GIT = {
    "none": (
        "",
        (
            "git is not installed on this machine\n"
            "  Install it (Debian: git), or deploy from a folder (`source: ../path`)."
        ),
    ),
    "one that is killed": ('case "$*" in *cat-file*) kill -9 $$;; esac', "git exited with -9"),
    "one that hangs": ('case "$*" in *cat-file*) exec sleep 60;; esac', "git took more than 2 s"),
}


@pytest.mark.parametrize("which", GIT)
def test_the_git_of_this_machine(which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script, message = GIT[which]
    repository(tmp_path / "origin", APP)
    real = shutil.which("git")
    (tmp_path / "bin").mkdir()
    if script:
        (tmp_path / "bin/git").write_text(f'#!/bin/sh\n{script}\nexec {real} "$@"\n')
        (tmp_path / "bin/git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}" if script else f"{tmp_path}/bin")
    if "hangs" in which:
        monkeypatch.setattr(git, "TIMEOUT", 2)
    url = REMOTE.format(project=tmp_path)
    assert test_source.refusal(tmp_path, source=url) == f"app hello: {url}: {message}"


@pytest.mark.parametrize(
    ("known", "key", "message"),
    [
        (
            True,
            "/nosuch",
            (
                f"{ME}@127.0.0.1: Permission denied (publickey).\n"
                "  The repository needs a login: an SSH key in the agent, or a git credential helper."
            ),
        ),
        (
            False,
            "/nosuch",
            ("Host key verification failed.\n  Log in there by ssh once, and see that its host key is the right one."),
        ),
        (True, "{key}", "'/nosuch.git' does not appear to be a git repository"),
    ],
)
def test_a_repository_behind_ssh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool, key: str, message: str
) -> None:
    settings = ("PasswordAuthentication no", "KbdInteractiveAuthentication no")
    with Sshd(tmp_path / "sshd", *settings) as server:
        hosts = server.known_hosts if known else "/dev/null"
        only = f"-o IdentitiesOnly=yes -o IdentityAgent=none -i {key.format(key=server.key)}"
        files = f"-F /dev/null -o UserKnownHostsFile={hosts} -o GlobalKnownHostsFile=/dev/null"
        monkeypatch.setenv("GIT_SSH_COMMAND", f"ssh -o BatchMode=yes {files} {only}")
        url = f"ssh://{ME}@127.0.0.1:{server.port}/nosuch.git"
        assert test_source.refusal(tmp_path, source=url) == f"app hello: {url}: {message}"
