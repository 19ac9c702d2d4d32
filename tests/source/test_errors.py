"""Every reason why an app's code or requirements cannot be used: the whole message."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.source import test_requirements, test_source
from tests.source.test_source import APP, git, repository
from windlass.source import tree

if TYPE_CHECKING:
    from collections.abc import Callable

REQUIREMENTS: dict[str, tuple[dict[str, str], str | None, str]] = {
    "nothing": (
        {"app.py": ""},
        None,
        (
            "app: it says nowhere what to install: there is no requirements.txt, no lock file and no"
            " pyproject.toml with dependencies\n  Add one of them, or name another with the app's `requirements`."
        ),
    ),
    "a file that is not there": (
        {"app.py": ""},
        "requirements/prod.txt",
        (
            "app: there is no requirements/prod.txt, the app's `requirements`\n  Is it ignored by "
            ".gitignore or .deployignore?"
        ),
    ),
    "an unknown extra": (
        {"requirements.txt": ".[dev]", "pyproject.toml": '[project]\nname = "x"\n'},
        "requirements.txt",
        "app/pyproject.toml: there is no extra 'dev'; there are none",
    ),
    "another extra": (
        {
            "requirements.txt": ".[dev]",
            "setup.cfg": "[options]\ninstall_requires =\n[options.extras_require]\nprod = x\n",
        },
        "requirements.txt",
        "app/setup.cfg: there is no extra 'dev'; there are prod",
    ),
    "the project itself": (
        {"requirements.txt": "-e .", "setup.py": ""},
        None,
        (
            "app/requirements.txt:1: . asks for the project itself, which is not installed but runs "
            "from its folder\n  Write down what it depends on, in this file or in a pyproject.toml."
        ),
    ),
    "a file outside": (
        {"requirements.txt": "-r ../r.txt"},
        None,
        ("app/requirements.txt:1: ../r.txt cannot be read: there is no such file in the source"),
    ),
    "a file elsewhere": (
        {"requirements.txt": "-r https://a.test/r.txt"},
        None,
        ("app/requirements.txt:1: https://a.test/r.txt cannot be read: only files of the source can be"),
    ),
    "a path": (
        {"requirements.txt": "./wheels/x.whl"},
        None,
        (
            "app/requirements.txt:1: ./wheels/x.whl is a path on this machine, the host cannot install "
            "it\n  Publish the package, name it by a git URL, or put its folder into the source and "
            "into `python_path`."
        ),
    ),
    "no requirement": (
        {"requirements.txt": "<<<<<<< HEAD"},
        None,
        ("app/requirements.txt:1: '<<<<<<< HEAD' is no requirement"),
    ),
    "an option": (
        {"requirements.txt": "--user"},
        None,
        (
            "app/requirements.txt:1: --user is no option that Windlass passes on to pip\n  Remove it, "
            "or set it in /etc/pip.conf."
        ),
    ),
    "an index of this machine": (
        {"requirements.txt": "--find-links wheels"},
        None,
        (
            "app/requirements.txt:1: --find-links wheels is a path on this machine, which the host "
            "does not have\n  Give a URL, or set the index in the host's /etc/pip.conf."
        ),
    ),
    "a password": (
        {"requirements.txt": "--index-url https://me:hunter2@a.test/simple"},
        None,
        (
            "app/requirements.txt:1: there is a password or token in ://...@a.test/simple\n  A "
            "requirements file is no place for a secret: put the index into /etc/pip.conf of the host."
        ),
    ),
    "a token": (
        {"requirements.txt": "git+https://hunter2@a.test/x.git"},
        None,
        (
            "app/requirements.txt:1: there is a password or token in git+://...@a.test/x.git\n  A "
            "requirements file is no place for a secret: put the index into /etc/pip.conf of the host."
        ),
    ),
    "broken TOML": (
        {"pyproject.toml": "[project\n"},
        None,
        ("app/pyproject.toml: Expected ']' at the end of a table declaration (at line 1, column 9)"),
    ),
    "no project": (
        {"pyproject.toml": "[tool.black]\n"},
        "pyproject.toml",
        (
            "app/pyproject.toml: it says nothing of dependencies\n"
            "  Give it a [project] table with dependencies, or write a requirements.txt."
        ),
    ),
    "Poetry's own path": (
        {"pyproject.toml": '[tool.poetry.dependencies]\ny = {path = "../y"}\n'},
        None,
        (
            "app/pyproject.toml: y comes from a path or file, which the host cannot install\n"
            "  Publish the package, name it by a git URL, or put its folder into the source and into `python_path`."
        ),
    ),
    "a list that is none": (
        {"pyproject.toml": "[project]\ndynamic = 3\n"},
        None,
        "app/pyproject.toml: its dependencies are not as they should be",
    ),
    "a setup.py that computes": (
        {"setup.py": "from setuptools import setup\nsetup(\n    install_requires=read('requirements.txt'))\n"},
        None,
        (
            "app/setup.py:3: install_requires is computed, only a build would know it\n"
            "  List them in project.dependencies, or name their file with the app's `requirements`."
        ),
    ),
    "a broken setup.cfg": (
        {"setup.cfg": "install_requires =\n"},
        None,
        "app/setup.cfg: File contains no section headers.",
    ),
    "dynamic dependencies": (
        {"pyproject.toml": '[project]\nname = "x"\ndynamic = ["dependencies"]\n'},
        None,
        (
            "app/pyproject.toml: the dependencies are dynamic, only a build would know them\n  List "
            "them in project.dependencies, or name their file with the app's `requirements`."
        ),
    ),
    "sources of uv": (
        {"pyproject.toml": '[project]\nname = "x"\n[tool.uv.sources]\ny = {path = "y"}\n'},
        None,
        (
            "app/pyproject.toml: tool.uv.sources says where packages come from, which pip does not "
            "understand\n  Commit a uv.lock (`uv lock`), or name a requirements file with the app's "
            "`requirements`."
        ),
    ),
    "a lock alone": (
        {"uv.lock": ""},
        None,
        "app/uv.lock: there is no pyproject.toml beside it\n  Is it ignored by .gitignore or .deployignore?",
    ),
}


@pytest.mark.parametrize("mistake", REQUIREMENTS)
def test_of_requirements(mistake: str) -> None:
    files, file, message = REQUIREMENTS[mistake]
    assert test_requirements.refusal(files, file) == message


FOLDER = "\n  `source` is a folder relative to the one with deploy.py, or a git URL."
MODULE = "\n  Correct `wsgi`, or say with `python_path` in which folder the module lies."
REMOTE = "file://{project}/origin"
SOURCES: dict[str, tuple[Callable[[Path], object], dict[str, Any], str]] = {
    "no folder": (lambda at: None, {"source": "helo"}, "helo: there is no such folder ({project}/helo)" + FOLDER),
    "a file": (
        lambda at: (at / "helo").touch(),
        {"source": "helo"},
        "helo: is a file, not a folder ({project}/helo)" + FOLDER,
    ),
    "an empty folder": (
        lambda at: (at / "helo").mkdir(),
        {"source": "helo"},
        "helo: there is no file in it\n  Is it the right folder, or is all of it ignored?",
    ),
    "no static folder": (
        lambda at: None,
        {"static": {"/static": "gone"}},
        (
            "hello: there is no folder gone, which `static` names\n"
            "  It must have a file in it, and not be ignored by .gitignore or .deployignore."
        ),
    ),
    "no module": (
        lambda at: None,
        {"wsgi": "helo:app"},
        ("hello: there is no module 'helo', which `wsgi: helo:app` names: no helo.py and no src/helo.py" + MODULE),
    ),
    "no module in its folder": (
        lambda at: None,
        {"wsgi": "helo:app", "python_path": ["src"]},
        "hello: there is no module 'helo', which `wsgi: helo:app` names: no src/helo.py" + MODULE,
    ),
    "a link that leads out": (
        lambda at: (at / "hello/link").symlink_to("../x"),
        {},
        (
            "hello/link: links to ../x, which leads out of the source\n"
            "  Replace the link by what it points to, or list it in .deployignore."
        ),
    ),
    "a name that is not text": (
        lambda at: Path(os.fsdecode(os.fsencode(at / "hello") + b"/\xff")).touch(),
        {},
        "hello: the file name '\\udcff' is not UTF-8\n  Rename the file.",
    ),
    "requirements that are not text": (
        lambda at: (at / "hello/requirements.txt").write_bytes(b"\xff\xfe\x00\xd8"),
        {},
        "hello/requirements.txt: is not UTF-8 text",
    ),
    "no repository": (
        lambda at: None,
        {"source": "file:///nosuch"},
        "file:///nosuch: '/nosuch' does not appear to be a git repository",
    ),
    "an empty repository": (
        lambda at: (at / "origin").mkdir() or git(at / "origin", "init", "--quiet"),
        {"source": REMOTE},
        REMOTE + ": it is empty: there is no default branch\n  Push a commit first.",
    ),
    "no such ref": (
        lambda at: repository(at / "origin", APP),
        {"source": REMOTE, "ref": "v9"},
        REMOTE + ": there is no branch, tag or commit 'v9'\n  Push it, or correct `ref`.",
    ),
    "no such shortened commit": (
        lambda at: repository(at / "origin", APP),
        {"source": REMOTE, "ref": "abcdef1"},
        REMOTE + ": there is no branch, tag or commit 'abcdef1'\n  Push it, or correct `ref`.",
    ),
    "a tag that is no commit": (
        lambda at: (repository(at / "origin", APP), git(at / "origin", "tag", "v1", "HEAD:hello.py")),
        {"source": REMOTE, "ref": "v1"},
        REMOTE + ": there is no branch, tag or commit 'v1'\n  Push it, or correct `ref`.",
    ),
    "no such folder in the commit": (
        lambda at: repository(at / "origin", APP),
        {"source": REMOTE, "ref": "main", "subdirectory": "web"},
        REMOTE + ": there is no folder web in the commit\n  Correct the app's `subdirectory`, or `ref`.",
    ),
    "no such folder in the folder": (
        lambda at: None,
        {"subdirectory": "web"},
        "hello: there is no such folder ({project}/hello/web)" + FOLDER,
    ),
    "submodules": (
        lambda at: with_submodule(at / "origin"),
        {"source": REMOTE},
        (
            REMOTE + ": it has submodules that are not checked out: vendor/inner\n"
            "  Deploy from a folder with the submodules checked out (`source: ../path`), or list them in .deployignore."
        ),
    ),
    "a file in LFS": (
        lambda at: repository(at / "origin", {**APP, "big": "version https://git-lfs.github.com/spec/v1\n"}),
        {"source": REMOTE},
        (
            REMOTE + "/big: is kept in git LFS, and only the pointer to it is here\n"
            "  Deploy from a folder with the file checked out (`source: ../path`), or list it in .deployignore."
        ),
    ),
    "a folder without its submodules": (
        lambda at: with_submodule(at / "hello"),
        {},
        (
            "hello: it has submodules that are not checked out: vendor/inner\n"
            "  git -C {project}/hello submodule update --init --recursive, or list them in .deployignore."
        ),
    ),
    "a folder with a pointer of LFS": (
        lambda at: test_source.write(at / "hello", {"big": "version https://git-lfs.github.com/spec/v1\n"}),
        {},
        (
            "hello/big: is kept in git LFS, and only the pointer to it is here\n"
            "  git lfs pull, or list it in .deployignore."
        ),
    ),
    "a folder that git cannot read": (
        lambda at: (repository(at / "hello", {}), (at / "hello/.git/index").write_text("no index")),
        {},
        (
            "hello: git does not tell what is in it: fatal: .git/index: index file smaller than expected\n"
            "  Mend the repository, or deploy from a git URL."
        ),
    ),
    "two names of one file": (
        lambda at: (os.link(at / "hello/hello.py", at / "hello/Hello.py"), repository(at / "hello", {})),
        {},
        (
            "hello: Hello.py and hello.py are one file here, and two on the host\n"
            "  Rename one of them, or deploy from a git URL."
        ),
    ),
    "what a sparse checkout of a partial clone lacks": (
        lambda at: lacking(at / "hello"),
        {},
        (
            "hello/hello.py: is not checked out, and git does not have it\n"
            "  Check it out (`git sparse-checkout disable`), or list it in .deployignore."
        ),
    ),
}


def with_submodule(folder: Path) -> None:
    """A repository that says which commit of another one it has in it, as a plain clone leaves it."""
    commit = repository(folder, APP)
    git(folder, "update-index", "--add", "--cacheinfo", f"160000,{commit},vendor/inner")
    git(folder, "commit", "--quiet", "--message", "with a submodule")
    (folder / "vendor/inner").mkdir(parents=True)


def lacking(folder: Path) -> None:
    repository(folder, {})
    git(folder, "update-index", "--skip-worktree", "hello.py")
    (folder / "hello.py").unlink()
    blob = git(folder, "rev-parse", "HEAD:hello.py")
    (folder / ".git/objects" / blob[:2] / blob[2:]).unlink()


@pytest.mark.parametrize("mistake", SOURCES)
def test_of_code(mistake: str, tmp_path: Path) -> None:
    make, settings, message = SOURCES[mistake]
    test_source.write(tmp_path / "hello", APP)
    make(tmp_path)
    given = {
        name: value.format(project=tmp_path) if isinstance(value, str) else value for name, value in settings.items()
    }
    found = test_source.refusal(tmp_path, **given)
    assert found == f"app hello: {message.replace('{project}', str(tmp_path))}"


def test_of_code_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "LARGEST", 1024 * 1024)
    test_source.write(tmp_path / "hello", {**APP, "data/dump.sql": "x" * 3 * 1024 * 1024})
    assert test_source.refusal(tmp_path) == (
        "app hello: hello: 3 MiB, more than 1 MiB; biggest: data/dump.sql (3 MiB), requirements.txt (0 MiB),"
        " hello.py (0 MiB)\n"
        "  List what the app does not need in .deployignore (same rules as .gitignore)."
    )
