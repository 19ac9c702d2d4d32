"""A stranger's source: nothing that its repository says is run here, and nothing of this machine leaves with it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.source.test_source import APP, commit, git, loaded, members, refusal, repository, write
from windlass.source import repository as repositories
from windlass.source import tree

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    repository(tmp_path / "hello", {**APP, "page.txt": "one\n"})
    return tmp_path / "hello"


@pytest.fixture
def program(tmp_path: Path) -> str:
    """A program of the stranger's, which leaves a marker where it is run, and fails."""
    path = tmp_path / "program"
    path.write_text(f"#!/bin/sh\ntouch {tmp_path}/marker\nexit 1\n")
    path.chmod(0o755)
    return str(path)


CONFIGURATION = {
    "a monitor": {"core.fsmonitor": "{program}"},
    "a monitor and its version": {"core.fsmonitor": "{program}", "core.fsmonitorHookVersion": "1"},
    "hooks": {"core.hooksPath": "{folder}"},
    "filters": {"filter.x.clean": "{program}", "filter.x.smudge": "{program}", "filter.x.required": "true"},
    "a filter that stays": {"filter.x.process": "{program}", "filter.x.required": "true"},
    "a view of differences": {
        "diff.external": "{program}",
        "diff.x.command": "{program}",
        "diff.x.textconv": "{program}",
    },
    "a pager": {"core.pager": "{program}", "pager.ls-files": "{program}"},
    "a place to fetch what is lacking": {
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": "ssh://127.0.0.1:1/x",
        "remote.origin.uploadpack": "{program}",
        "core.sshCommand": "{program}",
        "core.gitProxy": "{program}",
        "credential.helper": "!{program}",
    },
    "a command as a place": {
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": "ext::{program}",
        "protocol.ext.allow": "always",
    },
}


@pytest.mark.parametrize("which", CONFIGURATION)
def test_its_configuration_runs_nothing(which: str, hello: Path, program: str, tmp_path: Path) -> None:
    write(hello, {".gitattributes": "*.txt filter=x diff=x\n", "gone.py": "x = 1\n"})
    commit(hello)
    git(hello, "update-index", "--skip-worktree", "gone.py")
    (hello / "gone.py").unlink()
    blob = git(hello, "rev-parse", "HEAD:gone.py")
    lacking = hello / ".git/objects" / blob[:2] / blob[2:]
    kept = lacking.read_bytes()
    lacking.unlink()
    for hook in ("post-index-change", "pre-auto-gc", "fsmonitor-watchman", "reference-transaction", "post-checkout"):
        (hello / ".git/hooks").mkdir(exist_ok=True)
        for folder in (hello / ".git/hooks", tmp_path / "hooks"):
            folder.mkdir(exist_ok=True)
            (folder / hook).symlink_to(program)
    for name, value in CONFIGURATION[which].items():
        git(hello, "config", name, value.format(program=program, folder=tmp_path / "hooks"))
    # Changed, and of the same size at the same time: git would have to look into the file.
    write(hello, {"page.txt": "two\n"})
    write(hello, {"new.txt": "new\n"})
    assert "is not checked out, and git does not have it" in refusal(tmp_path)
    assert not (tmp_path / "marker").exists()
    lacking.write_bytes(kept)
    found = loaded(tmp_path)
    assert found.dirty
    assert {"page.txt", "new.txt", "gone.py"} <= members(found).keys()
    assert not (tmp_path / "marker").exists()


def test_its_configuration_would_run_something(hello: Path, program: str, tmp_path: Path) -> None:
    """That the marker can be seen at all."""
    git(hello, "config", "core.fsmonitor", program)
    git(hello, "status")
    assert (tmp_path / "marker").exists()


@pytest.mark.parametrize("place", ["", "inner/"])
def test_a_bare_repository_in_the_tree(place: str, tmp_path: Path, program: str) -> None:
    write(tmp_path / "hello", APP)
    bare = tmp_path / "hello" / place
    bare.mkdir(exist_ok=True)
    git(bare, "init", "--quiet", "--bare", ".")
    git(bare, "config", "core.bare", "false")
    git(bare, "config", "core.worktree", str(bare))
    git(bare, "config", "core.fsmonitor", program)
    write(bare, {"app.py": "app = None\n"})
    source = f"hello/{place}".rstrip("/")
    if place:
        repository(tmp_path, {".gitignore": "program\n"})
        write(bare, APP)
    found = loaded(tmp_path, source=source)
    assert "config" in members(found)
    assert not (tmp_path / "marker").exists()


def test_a_folder_behind_a_link_is_not_part_of_it(tmp_path: Path, hello: Path) -> None:
    write(hello, {"keys/id": "in the commit\n"})
    commit(hello)
    (hello / "keys/id").unlink()
    (hello / "keys").rmdir()
    write(tmp_path / "home", {"id": "the operator's\n"})
    (hello / "keys").symlink_to("home")
    found = loaded(tmp_path)
    assert found.dirty
    assert "keys/id" not in members(found)


def test_variables_of_git_point_nowhere_else(hello: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = git(hello, "rev-parse", "HEAD")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE", "GIT_PREFIX"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert loaded(tmp_path).commit == head


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to somebody else")
def test_whose_it_is_does_not_matter(hello: Path, tmp_path: Path) -> None:
    head = git(hello, "rev-parse", "HEAD")
    for path in (hello, *hello.rglob("*")):
        os.lchown(path, 12345, 12345)
    assert loaded(tmp_path).commit == head


def made(folder: Path, text: bytes, *command: str) -> str:
    """What git makes of a text."""
    return subprocess.run(["git", *command], cwd=folder, input=text, capture_output=True, check=True).stdout.decode()[
        :40
    ]


def tree_of(folder: Path, lines: str) -> str:
    return made(folder, lines.encode(), "mktree")


def commit_of(folder: Path, top: str) -> None:
    git(folder, "update-ref", "refs/heads/main", git(folder, "commit-tree", "-m", "made", top))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to somebody else")
def test_a_url_of_somebody_elses_folder(hello: Path, tmp_path: Path) -> None:
    """It is another git that answers there, by its own rules."""
    os.lchown(hello / ".git", 12345, 12345)
    assert refusal(tmp_path, source=f"file://{hello}") == (
        f"app hello: file://{hello}: detected dubious ownership in repository at '{hello}/.git'\n"
        "  It belongs to another user: `git config --global --add safe.directory` and its folder, if you trust it."
    )


def test_nothing_is_built(tmp_path: Path, program: str) -> None:
    """Neither a setup.py nor what a pyproject.toml names to build it with, not for uv either."""
    build = '[build-system]\nrequires = []\nbuild-backend = "evil"\nbackend-path = ["."]\n'
    project = '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = []\n'
    run = f"import subprocess\nsubprocess.run([{program!r}])\n"
    write(tmp_path / "hello", {**APP, "evil.py": run, "setup.py": run, "pyproject.toml": project + build})
    write(tmp_path / "hello", {"sitecustomize.py": run, "uv.toml": f"python-install-dir = {program!r}\n"})
    lock = 'version = 1\nrequires-python = ">=3.9"\n[[package]]\nname = "x"\nversion = "1"\n'
    write(tmp_path / "hello", {"uv.lock": lock + 'source = { editable = "." }\n'})
    assert loaded(tmp_path).requirements.file == "uv.lock"
    (tmp_path / "hello/uv.lock").unlink()
    (tmp_path / "hello/requirements.txt").write_text("-e .\n")
    assert loaded(tmp_path).requirements.text == ""
    assert not (tmp_path / "marker").exists()


class TestTooMuch:
    """A small repository that means gigabytes."""

    def test_of_files(self, hello: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Folders of folders, 10 ** 10 files in all."""
        monkeypatch.setattr(repositories, "LISTING", 1024 * 1024)
        blob = git(hello, "hash-object", "-w", "hello.py")
        lines = "".join(f"100644 blob {blob}\tf{number}\n" for number in range(10))
        for _ in range(9):
            folder = tree_of(hello, lines)
            lines = "".join(f"040000 tree {folder}\tf{number}\n" for number in range(10))
        commit_of(hello, tree_of(hello, lines))
        url = f"file://{hello}"
        assert refusal(tmp_path, source=url) == (
            f"app hello: {url}: there are more than 200000 files in it\n"
            "  List what the app does not need in .deployignore (same rules as .gitignore)."
        )

    def test_of_bytes(self, hello: Path, tmp_path: Path) -> None:
        """Named a hundred times; git and we together take little memory for it."""
        with (hello / "zeros").open("wb") as file:
            file.truncate(60 * 1024 * 1024)
        blob = git(hello, "hash-object", "-w", "zeros")
        commit_of(hello, tree_of(hello, "".join(f"100644 blob {blob}\tf{number}\n" for number in range(100))))
        script = (
            "import sys, resource; from pathlib import Path; from tests.source.test_source import refusal;"
            f"print(refusal(Path({str(tmp_path)!r}), source='file://{hello}'));"
            "print(max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))"
        )
        # By a small process between: what a large one starts is as large for a moment, and that counts (getrusage(2)).
        argv = ["sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-c", script]
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
        said, _, used = done.stdout.strip().rpartition("\n")
        assert "6000 MiB, more than 512 MiB; biggest: f0 (60 MiB)" in said
        assert int(used) < 200 * 1024  # KiB

    def test_in_a_folder(self, hello: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tree, "MOST", 2)
        assert "hello: there are more than 2 files in it" in refusal(tmp_path)


def test_names_that_lead_out(hello: Path, tmp_path: Path) -> None:
    blob = git(hello, "hash-object", "-w", "hello.py")
    inner = tree_of(hello, f"100644 blob {blob}\tpasswd\n")
    raw = b"40000 ..\0" + bytes.fromhex(inner)
    commit_of(hello, made(hello, raw, "hash-object", "-w", "-t", "tree", "--literally", "--stdin"))
    assert refusal(tmp_path, source=f"file://{hello}") == (
        f"app hello: file://{hello}: the file name '../passwd' leads out of the source\n  Rename the file."
    )


def test_a_link_longer_than_any(hello: Path, tmp_path: Path) -> None:
    write(hello, {"long": "x" * 5000})
    blob = git(hello, "hash-object", "-w", "long")
    commit_of(hello, tree_of(hello, f"120000 blob {blob}\tlink\n"))
    assert refusal(tmp_path, source=f"file://{hello}") == (
        f"app hello: file://{hello}/link: links to a path of 5000 bytes"
    )
