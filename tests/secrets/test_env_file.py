"""Env files that are safe to use, and those that are not."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from dotenv import dotenv_values

from windlass.errors import InventoryError
from windlass.secrets import git
from windlass.secrets.env_file import read_env_file

DEBUGGER = "the debugger lets any visitor run code on the host"


@pytest.fixture
def env_file() -> Path:
    path = Path.cwd() / "shop.env"
    path.touch(mode=0o600)
    return path


def values(path: Path) -> dict[str, str]:
    return {name: secret.value for name, secret in read_env_file(path).items()}


def complaint(path: Path) -> str:
    with pytest.raises(InventoryError) as raised:
        read_env_file(path)
    assert "hidden" not in str(raised.value)
    return str(raised.value)


def test_it_is_read_as_dotenv(env_file: Path) -> None:
    env_file.write_text(
        """
# a comment
SECRET_KEY=abc#def
export QUOTED="two words" # a comment
SINGLE='$HOME \\n'
EMPTY=
URL=postgresql://u:p@h/d?x=1
LINES="one
two"
"""
    )
    assert values(env_file) == {
        "SECRET_KEY": "abc#def",
        "QUOTED": "two words",
        "SINGLE": "$HOME \\n",
        "EMPTY": "",
        "URL": "postgresql://u:p@h/d?x=1",
        "LINES": "one\ntwo",
    }
    assert read_env_file(env_file)["SINGLE"].place == "shop.env:5"


def test_references_are_filled_in_as_on_a_laptop(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env_file.write_text(
        "DB_USER=shop\nDB_PASSWORD='p@$$w'\nDATABASE_URL=postgresql://${DB_USER}:${DB_PASSWORD}@localhost/shop\n"
        "PORT=${DB_PORT:-5432}\nEMPTY=${NOTHING:-}\nSINGLE='${DB_USER}'\n"
    )
    monkeypatch.setenv("DB_PORT", "of this machine")
    assert values(env_file) == {**dotenv_values(env_file), "PORT": "5432"}
    assert values(env_file)["DATABASE_URL"] == "postgresql://shop:p@$$w@localhost/shop"


def test_references_to_what_is_not_there(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("hidden", "x")
    env_file.write_text("A=1\nB=x${hidden}\nC=${D}\nD=2\n")
    told = "refers to a variable that no line above sets; put its value there, or a line above"
    assert complaint(env_file) == f"shop.env:2: B {told}\nshop.env:3: C {told}"


def test_it_is_missing(env_file: Path) -> None:
    env_file.unlink()
    assert complaint(env_file) == (
        "shop.env: env_file does not exist\n"
        "  create it: install -m 600 /dev/null shop.env, then one NAME=value per line"
    )


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_others_can_read_it(env_file: Path, mode: int) -> None:
    env_file.chmod(mode)
    assert complaint(env_file) == f"shop.env: mode {mode:04o} lets others read the secrets\n  chmod 600 shop.env"


def test_git_would_take_it_in(env_file: Path) -> None:
    env_file.write_text("SECRET_KEY=hidden\n")
    subprocess.run(["git", "init", "-q"], check=True)
    assert complaint(env_file) == (
        "shop.env: git does not ignore this file of secrets\n  echo 'shop.env' >> .gitignore"
    )
    Path(".gitignore").write_text("shop.env\n")
    assert values(env_file) == {"SECRET_KEY": "hidden"}
    subprocess.run(["git", "add", "-f", "shop.env"], check=True)
    assert complaint(env_file) == (
        "shop.env: git tracks this file of secrets\n"
        "  git rm --cached shop.env && echo 'shop.env' >> .gitignore; then change the secrets: the history has them"
    )


def test_the_repository_is_somebody_elses(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    monkeypatch.setenv("GIT_DIR", "/nosuch")  # as in a hook
    if os.geteuid() == 0:
        for path in (Path(), Path(".git")):
            os.chown(path, 54321, 54321)
    assert complaint(env_file).startswith("shop.env: git does not ignore this file of secrets\n")


def test_git_does_not_answer(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    Path(".gitignore").write_text("shop.env\n")
    said = ".: git does not say whether it has the secrets here: "
    way = ", or move what is deployed out of the repository."
    with monkeypatch.context() as patch:
        patch.setenv("PATH", "/nosuch")
        assert complaint(env_file) == f"{said}git is not installed on this machine\n  Install git{way}"
    Path(".git/HEAD").unlink()
    assert complaint(env_file) == (
        f"{said}fatal: not a git repository (or any of the parent directories): .git\n"
        f"  See what git status says there{way}"
    )
    slow = Path("bin/git")
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 5\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent.resolve()}:{os.environ['PATH']}")
    monkeypatch.setattr(git, "TIMEOUT", 0.1)
    assert complaint(env_file) == f"{said}git took more than 0.1 s\n  See what git status says there{way}"


def test_every_bad_line_is_told_without_its_value(env_file: Path) -> None:
    env_file.write_text('\nA=1\nA=hidden\nnonsense hidden\nB\nPATH=hidden\nFLASK_DEBUG=1\n\nC="hidden\ufffe\nhidden"\n')
    assert complaint(env_file).splitlines() == [
        "shop.env:3: A is set twice",
        "shop.env:4: this is not NAME=value",
        "shop.env:5: this is not NAME=value",
        (
            "shop.env:6: PATH is set by systemd, Gunicorn or the loader: changing it breaks or hijacks the process"
            " (if you mean it: allow_env: [PATH])"
        ),
        f"shop.env:7: FLASK_DEBUG=1 would start the app in debug mode: {DEBUGGER}",
        (
            "shop.env:9: the value of C has U+FFFE in it, which is no character of Unicode text:"
            " systemd refuses a file of variables with it"
        ),
    ]


def test_it_is_no_text(env_file: Path) -> None:
    env_file.write_bytes(b"A=hidden\xff\n")
    assert complaint(env_file) == "shop.env: this is not UTF-8 text"
