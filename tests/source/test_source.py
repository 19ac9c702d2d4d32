"""An app's code on the control machine: what is packed, what is refused before any connection."""

from __future__ import annotations

import io
import os
import socket
import stat
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from windlass.errors import SourceError
from windlass.settings import AppSettings
from windlass.source import Source, load, tree

Files = dict[str, str]

APP = {"hello.py": "app = None\n", "requirements.txt": "flask==3.1.3\n"}
NOTES = Path(__file__).parent.parent / "apps" / "notes"


def write(folder: Path, files: Files) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Tester", "-c", "user.email=tester@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def loaded(project: Path, **settings: Any) -> Source:
    given = {"source": "hello", "wsgi": "hello:app", "domains": ["hello.example.org"], **settings}
    return load("hello", AppSettings.model_validate(given, context={"project": project}), project)


def refusal(project: Path, **settings: Any) -> str:
    with pytest.raises(SourceError) as refused:
        loaded(project, **settings)
    assert str(refused.value).startswith("app hello: ")
    return str(refused.value)


def members(source: Source) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(source.archive)) as archive:
        return {member.name: member for member in archive}


def repository(folder: Path, files: Files) -> str:
    """A git repository with one commit; gives back the commit."""
    folder.mkdir(parents=True, exist_ok=True)
    write(folder, files)
    git(folder, "init", "--quiet")
    return commit(folder)


def commit(folder: Path) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "work")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path / "hello", APP)
    return tmp_path


class TestFolder:
    def test_same_files_make_the_same_archive(self, project: Path) -> None:
        first = loaded(project)
        os.utime(project / "hello" / "hello.py", (1, 1))
        second = loaded(project)
        assert (first.archive, first.digest) == (second.archive, second.digest)
        write(project / "hello", {"hello.py": "app = 1\n"})
        assert loaded(project).digest != first.digest

    def test_archive_carries_nothing_of_this_machine(self, project: Path) -> None:
        script = project / "hello" / "run.sh"
        script.write_text("#!/bin/sh\n")
        script.chmod(0o4775)
        found = members(loaded(project))
        assert list(found) == ["hello.py", "requirements.txt", "run.sh"]
        assert {(each.uid, each.gid, each.mtime, each.uname) for each in found.values()} == {(0, 0, 0, "")}
        assert [each.mode for each in found.values()] == [0o644, 0o644, 0o755]

    def test_what_never_goes_to_a_host(self, project: Path) -> None:
        hello = project / "hello"
        write(hello, {".env": "", "prod.env": "", ".env.local": "", "a/__pycache__/x.pyc": "", "b.pyc": ""})
        write(hello, {"node_modules/x/y.js": "", ".mypy_cache/x": "", "env3/pyvenv.cfg": "", "env3/lib/x.py": ""})
        write(hello, {".git/config": ""})
        assert list(members(loaded(project))) == list(APP)

    def test_gitignore_without_git(self, project: Path) -> None:
        write(project / "hello", {".gitignore": "*.log\nbuild/\n/top\n", "x.log": "", "build/x": "", "top": ""})
        write(project / "hello", {"a/.gitignore": "!keep.log\n", "a/keep.log": "", "a/other.log": "", "a/top": ""})
        found = list(members(loaded(project)))
        assert found == [".gitignore", "a/.gitignore", "a/keep.log", "a/top", *APP]

    def test_deployignore_leaves_out_what_git_knows(self, project: Path) -> None:
        write(project / "hello", {".deployignore": "docs/\n*.md\n", "docs/x.txt": "", "README.md": "", "d/y.md": ""})
        repository(project / "hello", {})
        assert list(members(loaded(project))) == [".deployignore", *APP]

    def test_links_inside_are_kept(self, project: Path) -> None:
        (project / "hello" / "sub").mkdir()
        (project / "hello" / "sub" / "link.py").symlink_to("../hello.py")
        assert members(loaded(project))["sub/link.py"].linkname == "../hello.py"

    @pytest.mark.parametrize("target", ["/etc/passwd", "../../outside", "../sub/../../outside"])
    def test_links_that_lead_out_are_refused(self, project: Path, target: str) -> None:
        (project / "hello" / "sub").mkdir()
        (project / "hello" / "sub" / "link").symlink_to(target)
        assert f"hello/sub/link: links to {target}, which leads out of the source" in refusal(project)

    def test_sockets_and_pipes_are_left_out(self, project: Path) -> None:
        os.mkfifo(project / "hello" / "pipe")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(project / "hello" / "s"))
            assert list(members(loaded(project))) == list(APP)

    def test_missing_folder(self, project: Path) -> None:
        words = refusal(project, source="helo")
        assert "helo: there is no such folder" in words
        assert "relative to the one with deploy.py" in words

    def test_empty_folder(self, project: Path) -> None:
        (project / "nothing").mkdir()
        assert "there is no file in it" in refusal(project, source="nothing")

    def test_too_large(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tree, "LARGEST", 1024 * 1024)
        write(project / "hello", {"data/dump.sql": "x" * 3 * 1024 * 1024})
        assert "hello: 3 MiB, more than 1 MiB; biggest: data/dump.sql (3 MiB)" in refusal(project)

    def test_unreadable_file(self, project: Path) -> None:
        (project / "hello" / "secret").touch(mode=0)
        # Root reads everything, unless it gives that right up.
        drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
        script = f"from tests.source import test_source; print(test_source.refusal(test_source.Path({str(project)!r})))"
        done = subprocess.run([*drop, sys.executable, "-c", script], capture_output=True, text=True)
        assert "hello/secret: cannot be read: Permission denied" in done.stdout


class TestGitFolder:
    def test_commit_and_dirt_are_told(self, project: Path) -> None:
        head = repository(project / "hello", {".gitignore": "*.log\n"})
        write(project / "hello", {"x.log": ""})
        clean = loaded(project)
        assert (clean.commit, clean.dirty) == (head, False)
        write(project / "hello", {"new.py": ""})
        dirty = loaded(project)
        assert (dirty.commit, dirty.dirty) == (head, True)
        assert "new.py" in members(dirty)
        assert "x.log" not in members(dirty)

    def test_deleted_files_are_gone(self, project: Path) -> None:
        repository(project / "hello", {"old.py": ""})
        (project / "hello" / "old.py").unlink()
        assert "old.py" not in members(loaded(project))

    def test_folder_of_a_larger_repository(self, project: Path) -> None:
        repository(project, {"other/x.py": ""})
        write(project, {"other/y.py": ""})
        source = loaded(project)
        assert not source.dirty
        assert list(members(source)) == list(APP)

    def test_folder_that_its_repository_ignores(self, project: Path) -> None:
        repository(project, {".gitignore": "hello/\n"})
        source = loaded(project)
        assert source.commit is None
        assert list(members(source)) == list(APP)

    def test_no_commit_yet(self, project: Path) -> None:
        git(project / "hello", "init", "--quiet")
        assert loaded(project).commit is None

    def test_inside_a_git_hook(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        head = repository(project / "hello", {})
        monkeypatch.setenv("GIT_DIR", str(project / "elsewhere"))
        assert loaded(project).commit == head


class TestGitUrl:
    @pytest.fixture
    def origin(self, tmp_path: Path) -> Path:
        folder = tmp_path / "origin"
        repository(folder, APP)
        return folder

    def test_exactly_the_commit(self, project: Path, origin: Path) -> None:
        first = git(origin, "rev-parse", "HEAD")
        git(origin, "tag", "v1")
        write(origin, {"hello.py": "app = 2\n"})
        git(origin, "checkout", "--quiet", "-b", "work")
        second = commit(origin)
        write(origin, {"hello.py": "app = 'not committed'\n"})
        url = f"file://{origin}"
        by_branch = loaded(project, source=url, ref="work")
        assert (by_branch.commit, by_branch.dirty) == (second, False)
        for ref in ("v1", first, first[:9], "main"):
            found = loaded(project, source=url, ref=ref)
            assert found.commit == first
            assert found.digest != by_branch.digest
        assert loaded(project, source=url).commit == second  # HEAD of the origin

    def test_branch_that_moved(self, project: Path, origin: Path) -> None:
        url = f"file://{origin}"
        first = loaded(project, source=url, ref="main")
        write(origin, {"hello.py": "app = 2\n"})
        git(origin, "add", "--all")
        git(origin, "commit", "--quiet", "--amend", "--message", "rewritten")
        assert loaded(project, source=url, ref="main").commit not in (None, first.commit)

    def test_a_known_commit_needs_no_network(self, project: Path, origin: Path) -> None:
        url = f"file://{origin}"
        head = git(origin, "rev-parse", "HEAD")
        loaded(project, source=url)
        origin.rename(origin.with_name("unplugged"))
        assert loaded(project, source=url, ref=head).commit == head

    def test_same_code_as_from_a_folder(self, project: Path, origin: Path) -> None:
        assert loaded(project, source=f"file://{origin}").digest == loaded(project).digest

    def test_no_such_ref(self, project: Path, origin: Path) -> None:
        words = refusal(project, source=f"file://{origin}", ref="v9")
        assert "there is no branch, tag or commit 'v9'" in words
        assert "deadbeef1" in refusal(project, source=f"file://{origin}", ref="deadbeef1")
        assert "0" * 40 in refusal(project, source=f"file://{origin}", ref="0" * 40)

    def test_no_such_repository(self, project: Path) -> None:
        words = refusal(project, source=f"file://{project}/nowhere")
        assert "does not appear to be a git repository" in words
        assert "Could not resolve host" in refusal(project, source="https://git.invalid/x.git")

    def test_empty_repository(self, project: Path) -> None:
        (project / "empty").mkdir()
        git(project / "empty", "init", "--quiet")
        assert "there is no default branch" in refusal(project, source=f"file://{project}/empty")


class TestChecks:
    def test_module_that_is_not_there(self, project: Path) -> None:
        words = refusal(project, wsgi="helo.web:app")
        assert (
            "there is no module 'helo.web', which `wsgi: helo.web:app` names: no helo/web.py and no src/helo/web.py"
            in words
        )

    def test_package_below_src(self) -> None:
        source = loaded(NOTES.parent, source="notes", wsgi="notes:create_app()")
        assert source.python_path == ("src",)
        assert source.requirements.file == "pyproject.toml"

    def test_given_python_path(self, project: Path) -> None:
        write(project / "hello", {"lib/deep/web/__init__.py": "app = None\n"})
        assert loaded(project, wsgi="web:app", python_path=[".", "lib/deep"]).python_path == (".", "lib/deep")
        assert "names: no web.py\n" in refusal(project, wsgi="web:app", python_path=["."])

    def test_static_folder_that_is_not_there(self, project: Path) -> None:
        assert "there is no folder assets, which `static` names" in refusal(project, static={"/static": "assets"})
        write(project / "hello", {"assets/x.css": ""})
        loaded(project, static={"/static": "assets"})

    def test_nothing_says_what_to_install(self, project: Path) -> None:
        (project / "hello" / "requirements.txt").unlink()
        assert "there is no requirements.txt, no lock file and no pyproject.toml with dependencies" in refusal(project)
        assert "there is no deps.txt, the app's `requirements`" in refusal(project, requirements="deps.txt")


def test_archive_modes_do_not_depend_on_the_umask(project: Path) -> None:
    (project / "hello" / "hello.py").chmod(stat.S_IRUSR)
    assert members(loaded(project))["hello.py"].mode == 0o644
