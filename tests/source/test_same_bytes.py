"""A folder and a URL of the same commit are the same code, whatever git makes of it on this machine."""

from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.source.test_source import APP, commit, git, loaded, members, repository, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from windlass.source import Source

FILES = {
    **APP,
    "migrations/a.py": "x\n",
    "release.sh": "#!/bin/sh\necho hi\n",
    "version.txt": "$Format:%H$ $Id$\n",
    "text16.txt": "schön\n",
    "windows.bat": "@echo off\r\n",
}
ATTRIBUTES = {
    "nothing": "",
    "what archives leave out": "migrations export-ignore\n",
    "what archives fill in": "version.txt export-subst\n",
    "what checkouts fill in": "version.txt ident\n",
    "line ends": "*.sh text eol=crlf\n*.txt text eol=crlf\n",
    "another encoding": "text16.txt text working-tree-encoding=UTF-16LE-BOM eol=crlf\n",
    "an encoding that nobody knows": "text16.txt working-tree-encoding=KLINGON\n",
}
CONFIGURATION = {
    "nothing": "",
    "line ends": "[core]\n\tautocrlf = true\n",
    "other line ends": "[core]\n\teol = crlf\n",
    "attributes": "[core]\n\tattributesFile = {home}/attributes\n",
    "no modes": "[core]\n\tfileMode = false\n",
}


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A repository with modes, a link, and both kinds of line ends."""
    for name, text in FILES.items():
        write(tmp_path / "origin", {name: ""})
        (tmp_path / "origin" / name).write_bytes(text.encode())
    (tmp_path / "origin/release.sh").chmod(0o755)
    (tmp_path / "origin/link").symlink_to("release.sh")
    repository(tmp_path / "origin", {})
    return tmp_path / "origin"


def texts(source: Source) -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(source.archive)) as archive:
        return {name: file.read().decode() for name in archive.getnames() if (file := archive.extractfile(name))}


def clone(project: Path, origin: Path, *options: str) -> Path:
    git(project, "clone", "--quiet", *options, f"file://{origin}", "clone")
    return project / "clone"


@pytest.mark.parametrize("configuration", CONFIGURATION)
@pytest.mark.parametrize("attributes", ATTRIBUTES)
def test_whatever_is_configured(
    attributes: str, configuration: str, origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(origin, {".gitattributes": ATTRIBUTES[attributes]})
    git(origin, "add", ".gitattributes")
    git(origin, "commit", "--quiet", "--message", "attributes")
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path, {"attributes": "* text eol=crlf export-ignore\n"})
    write(tmp_path, {".gitconfig": CONFIGURATION[configuration].format(home=tmp_path)})
    clone(tmp_path, origin)
    folder, url = loaded(tmp_path, source="clone"), loaded(tmp_path, source=f"file://{origin}")
    expected = {**FILES, ".gitattributes": ATTRIBUTES[attributes]}
    assert {name: text for name, text in texts(url).items() if name != "link"} == expected
    assert (folder.digest, folder.dirty, folder.commit) == (url.digest, False, url.commit)
    assert members(url)["release.sh"].mode == 0o755
    assert members(url)["link"].linkname == "release.sh"


def test_a_checkout_of_a_part(origin: Path, tmp_path: Path) -> None:
    url = loaded(tmp_path, source=f"file://{origin}")
    folder = clone(tmp_path, origin, "--sparse")
    assert not (folder / "migrations").exists()
    part = loaded(tmp_path, source="clone")
    assert (part.digest, part.dirty) == (url.digest, False)


def test_a_file_system_without_links_and_modes(origin: Path, tmp_path: Path) -> None:
    url = loaded(tmp_path, source=f"file://{origin}")
    folder = clone(tmp_path, origin, "--config", "core.symlinks=false", "--config", "core.fileMode=false")
    assert not (folder / "link").is_symlink()
    (folder / "release.sh").chmod(0o644)
    (folder / "hello.py").chmod(0o755)
    found = loaded(tmp_path, source="clone")
    assert (found.digest, found.dirty) == (url.digest, False)


def test_a_replaced_commit_is_the_one_that_was_made(origin: Path, tmp_path: Path) -> None:
    url = loaded(tmp_path, source=f"file://{origin}")
    folder = clone(tmp_path, origin)
    blob = git(folder, "rev-parse", "HEAD:hello.py")
    git(folder, "replace", blob, git(folder, "rev-parse", "HEAD:version.txt"))
    assert loaded(tmp_path, source="clone").digest == url.digest


def test_a_submodule_that_is_checked_out(origin: Path, tmp_path: Path) -> None:
    repository(tmp_path / "outer", APP)
    allowed = ("-c", "protocol.file.allow=always")
    git(tmp_path / "outer", *allowed, "submodule", "--quiet", "add", str(origin), "vendor/inner")
    commit(tmp_path / "outer")
    found = loaded(tmp_path, source="outer")
    assert not found.dirty
    assert texts(found)["vendor/inner/release.sh"] == FILES["release.sh"]
    write(tmp_path / "outer/vendor/inner", {"hello.py": "changed\n"})
    commit(tmp_path / "outer/vendor/inner")
    assert loaded(tmp_path, source="outer").dirty


def test_a_submodule_that_is_left_out(origin: Path, tmp_path: Path) -> None:
    git(origin, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendor/inner")
    write(origin, {".deployignore": "vendor/\n"})
    git(origin, "add", ".deployignore")
    git(origin, "commit", "--quiet", "--message", "a submodule")
    assert loaded(tmp_path, source=f"file://{origin}").digest == loaded(tmp_path, source="origin").digest


def test_a_file_of_lfs_that_is_checked_out(origin: Path, tmp_path: Path) -> None:
    big = "a large file\n"
    oid = hashlib.sha256(big.encode()).hexdigest()
    write(origin, {"big": f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(big)}\n"})
    commit(origin)
    write(origin, {"big": big})
    found = loaded(tmp_path, source="origin")
    assert texts(found)["big"] == big
    assert not found.dirty


def test_deployignore_goes_for_both(origin: Path, tmp_path: Path) -> None:
    write(origin, {".deployignore": "migrations/\n*.bat\n"})
    commit(origin)
    url = loaded(tmp_path, source=f"file://{origin}")
    assert loaded(tmp_path, source="origin").digest == url.digest
    assert not {"migrations/a.py", "windows.bat"} & members(url).keys()


CHANGES: dict[str, Callable[[Path], object]] = {
    "content": lambda at: write(at, {"hello.py": "app = 1\n"}),
    "line ends of a file that is changed": lambda at: (at / "windows.bat").write_bytes(b"@echo off\n"),
    "a new file": lambda at: write(at, {"new.py": ""}),
    "a file that is gone": lambda at: (at / "version.txt").unlink(),
    "a mode": lambda at: (at / "hello.py").chmod(0o755),
    "a link": lambda at: ((at / "link").unlink(), (at / "link").symlink_to("hello.py")),
    "a file for a link": lambda at: ((at / "link").unlink(), write(at, {"link": "other"})),
    "what is staged": lambda at: git(at, "rm", "--quiet", "--cached", "text16.txt"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_changed_is_taken_as_it_lies_there(change: str, origin: Path, tmp_path: Path) -> None:
    clean = loaded(tmp_path, source="origin")
    CHANGES[change](origin)
    found = loaded(tmp_path, source="origin")
    assert found.dirty
    assert (found.digest == clean.digest) == (change == "what is staged")


def test_two_sides_of_a_merge(origin: Path, tmp_path: Path) -> None:
    git(origin, "checkout", "--quiet", "-b", "other")
    write(origin, {"hello.py": "app = 1\n"})
    commit(origin)
    git(origin, "checkout", "--quiet", "main")
    write(origin, {"hello.py": "app = 2\n"})
    commit(origin)
    with pytest.raises(subprocess.CalledProcessError):
        git(origin, "merge", "other")
    found = loaded(tmp_path, source="origin")
    assert found.dirty
    assert "<<<<<<<" in texts(found)["hello.py"]


def test_what_is_left_out_is_told(origin: Path, tmp_path: Path) -> None:
    write(origin, {"static/node_modules/x/x.js": "", "static/node_modules/y.js": "", ".idea/x": "", "a/b.pyc": ""})
    commit(origin)
    write(origin, {"later.pyc": ""})
    assert loaded(tmp_path, source="origin").remarks == (
        "origin: left out, though git has it: .idea, a/b.pyc, static/node_modules (no word of those in .deployignore)",
    )
    write(origin, {".deployignore": ".idea/\n*.pyc\nnode_modules/\n"})
    assert loaded(tmp_path, source="origin").remarks == ()
    write(origin, {f"node_modules{number}.pyc": "" for number in range(8)})
    git(origin, "add", "--force", ".")
    write(origin, {".deployignore": ""})
    (remark,) = loaded(tmp_path, source="origin").remarks
    assert ".idea, a/b.pyc, later.pyc, node_modules0.pyc, node_modules1.pyc and 7 more (no word of" in remark


def test_a_folder_of_the_repository(origin: Path, tmp_path: Path) -> None:
    write(origin, {"web/app/hello.py": "app = 3\n", "web/app/requirements.txt": ""})
    head = commit(origin)
    url = loaded(tmp_path, source=f"file://{origin}", subdirectory="web/app")
    assert list(members(url)) == list(APP)
    assert (url.digest, url.commit) == (loaded(tmp_path, source="origin", subdirectory="web/app").digest, head)
