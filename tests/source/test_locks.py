"""Lock files, most of them as their tools have written them, and what is made of them for pip."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import uv

from tests.source.test_requirements import read, refusal
from windlass.source.locks import NAMES

LOCKS = Path(__file__).parent / "locks"
HASHES = (
    " --hash=sha256:c6242fc49e35958c8b15141343aa660db5fc54d4f13a1db01a3f5891b98700ef"
    " --hash=sha256:e0050c0b7da1eea53ffaf149c0cfbb5c6e2e2b69c4bef22c81fa6eb73e5f6173"
)
FOR_WINDOWS = (
    'colorama==0.4.6 ; sys_platform == "win32"'
    " --hash=sha256:08695f5cb7ed6e0531a20572697297273c47b8cae5a63ffc6d6ed5c201be6e44"
    " --hash=sha256:4f1d9991f5acc0ca119f9d443620b77f9d6b33703e51011c16baf57afb285fc6"
)
PATH = "\n  Publish the package, name it by a git URL, or put its folder into the source and into `python_path`."


@pytest.mark.parametrize("name", ["poetry.lock", "pdm.lock"])
def test_what_is_for_production(name: str) -> None:
    found = read({name: (LOCKS / name).read_text(), "pyproject.toml": "[tool.poetry]\n"})
    assert found.file == name
    assert found.text.splitlines() == [FOR_WINDOWS, f"itsdangerous==2.2.0{HASHES}"]
    assert found.hashed
    assert found.python in (">=3.11", ">=3.11,<4")


def test_pipenv() -> None:
    found = read({"Pipfile.lock": (LOCKS / "Pipfile.lock").read_text(), "Pipfile": "[packages]\n"})
    assert found.text == f"itsdangerous==2.2.0 ; python_version >= '3.8'{HASHES}\n"
    assert found.python == "==3.11.*"


UV_LOCK = """
version = 1
requires-python = ">=3.13"
[[package]]
name = "ours"
version = "1.9.0"
source = {{ registry = "https://other.example.org/simple" }}
wheels = [{{ url = "https://other.example.org/ours-1.9.0-py3-none-any.whl", hash = "sha256:{0}", size = 1 }}]
[[package]]
name = "click"
version = "8.1.0"
source = {{ registry = "https://pypi.org/simple" }}
sdist = {{ url = "https://files.pythonhosted.org/click-8.1.0.tar.gz", hash = "sha256:{0}", size = 1 }}
[[package]]
name = "x"
version = "1"
source = {{ virtual = "." }}
dependencies = [{{ name = "click" }}, {{ name = "ours" }}]
[package.metadata]
requires-dist = [{{ name = "click" }}, {{ name = "ours" }}]
""".format("a" * 64)
PROJECT = '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.13"\ndependencies = ["ours", "click"]\n'
FROM_TWO = [
    "--extra-index-url https://other.example.org/simple",
    f"click==8.1.0 --hash=sha256:{'a' * 64}",
    f"ours==1.9.0 --hash=sha256:{'a' * 64}",
]


def test_an_index_that_a_uv_lock_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever uv is told on this machine."""
    monkeypatch.setenv("UV_PYTHON", "/nonexistent")
    monkeypatch.setenv("UV_NO_HASHES", "1")
    monkeypatch.setenv("UV_EXTRA_INDEX_URL", "https://elsewhere.example.org/simple")
    found = read({"uv.lock": UV_LOCK, "pyproject.toml": PROJECT})
    assert found.text.splitlines() == FROM_TWO
    assert found.python == ">=3.13"


def test_the_standard_lock_as_uv_writes_it(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(UV_LOCK)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    export = [uv.find_uv_bin(), "export", "--frozen", "--offline", "--no-dev", "--format", "pylock.toml"]
    done = subprocess.run([*export, "--project", tmp_path], capture_output=True, text=True, check=True)
    for name in ("pylock.toml", "pylock.prod.toml"):
        found = read({name: done.stdout}, None if name in NAMES else name)
        assert found.text.splitlines() == FROM_TWO
        assert found.python == ">=3.13"


def test_a_uv_lock_with_a_git_url() -> None:
    git = """
[[package]]
name = "y"
version = "1"
source = { git = "https://x.test/y.git?rev=v1#0123456789012345678901234567890123456789" }
"""
    project = (
        PROJECT.replace('"ours"', '"ours", "y"')
        + '[tool.uv.sources]\ny = { git = "https://x.test/y.git", rev = "v1" }\n'
    )
    lock = UV_LOCK.replace(
        '{ name = "ours" }]\n[package.metadata]', '{ name = "ours" }, { name = "y" }]\n[package.metadata]'
    )
    found = read({"uv.lock": lock + git, "pyproject.toml": project})
    assert found.text.splitlines() == [
        "--extra-index-url https://other.example.org/simple",
        "click==8.1.0",
        "ours==1.9.0",
        "y @ git+https://x.test/y.git@0123456789012345678901234567890123456789",
    ]
    assert found.remarks == ("app/uv.lock: packages are installed without their hashes, for y has none",)


def test_a_workspace(tmp_path: Path) -> None:
    """Members and packages beside the app are not installed, they are imported from their folders."""
    project = '[project]\nname = "{0}"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = [{1}]\n'
    build = '[build-system]\nrequires = ["setuptools"]\n'
    sources = "[tool.uv.sources]\nlib = {workspace = true}\nother = {path = 'other'}\n"
    sources += "[tool.uv.workspace]\nmembers = ['packages/*']\n"
    files = {
        "pyproject.toml": project.format("x", "'lib', 'other'") + sources,
        "packages/lib/pyproject.toml": project.format("lib", "") + build,
        "packages/lib/src/lib/__init__.py": "",
        "packages/unused/pyproject.toml": project.format("unused", "") + build,
        "other/pyproject.toml": project.format("other", "") + build,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    subprocess.run([uv.find_uv_bin(), "lock", "--offline", "--project", tmp_path], capture_output=True, check=True)
    lock = (tmp_path / "uv.lock").read_text()
    found = read({**files, "uv.lock": lock})
    assert (found.text, found.folders) == ("", ("packages/lib/src", "other"))
    assert refusal({**{name: text for name, text in files.items() if "other" not in name}, "uv.lock": lock}) == (
        "app/uv.lock: other is a path on this machine, the host cannot install it" + PATH
    )


def poetry(**package: Any) -> dict[str, str]:
    lines = [f"{name.replace('_', '-')} = {json.dumps(value)}" for name, value in package.items() if name != "source"]
    source = [f"{name} = {json.dumps(value)}" for name, value in package.get("source", {}).items()]
    text = "\n".join(["[[package]]", 'name = "y"', 'version = "1"', *lines, "[package.source]", *source])
    return {"poetry.lock": text}


def test_poetry_from_elsewhere() -> None:
    legacy = {"type": "legacy", "url": "https://ours.example.org/simple"}
    assert read(poetry(groups=["main"], source=legacy)).text == (
        "--extra-index-url https://ours.example.org/simple\ny==1\n"
    )
    source = {"type": "git", "url": "https://x.test/y.git", "resolved_reference": "abc", "subdirectory": "z"}
    files = {"poetry.lock": (LOCKS / "poetry.lock").read_text() + poetry(groups=["main"], source=source)["poetry.lock"]}
    files["poetry.lock"] = files["poetry.lock"].replace("[metadata]", "[meta]")
    found = read(files)
    assert found.text.splitlines()[-1] == "y @ git+https://x.test/y.git@abc#subdirectory=z"
    assert not found.hashed  # pip takes no git URL where it insists on hashes
    assert found.remarks == ("app/poetry.lock: packages are installed without their hashes, for y has none",)
    assert read(poetry(groups=["main"], optional=True)).text == ""


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            poetry(category="main"),
            (
                "app/poetry.lock: it is of a Poetry before 2.0, and does not say which packages are for production\n"
                "  poetry self update && poetry lock; or poetry export -o requirements.txt, and commit that."
            ),
        ),
        (
            {"pdm.lock": '[[package]]\nname = "y"\nversion = "1"\n'},
            (
                "app/pdm.lock: it is of a PDM before 2.10, and does not say which packages are for production\n"
                "  pdm self update && pdm lock; or pdm export --prod -o requirements.txt, and commit that."
            ),
        ),
        (
            poetry(groups=["main"], source={"type": "directory", "url": "../y"}),
            "app/poetry.lock: y is a path on this machine, the host cannot install it" + PATH,
        ),
        (
            {"pdm.lock": '[[package]]\nname = "y"\nversion = "1"\ngroups = ["default"]\npath = "./y"\n'},
            "app/pdm.lock: y is a path on this machine, the host cannot install it" + PATH,
        ),
        (
            {"Pipfile.lock": '{"default": {"y": {"path": "./y", "editable": true}}}'},
            "app/Pipfile.lock: y is a path on this machine, the host cannot install it" + PATH,
        ),
        (
            {"pylock.toml": '[[packages]]\nname = "y"\n[packages.directory]\npath = "y"\n'},
            "app/pylock.toml: y is a path on this machine, the host cannot install it" + PATH,
        ),
        (
            {"pylock.toml": "[[packages]]\nname = 'y'\nmarker = \"'a' in extras and 'b' in dependency_groups\"\n"},
            (
                "app/pylock.toml: y has the condition 'a' in extras and 'b' in dependency_groups, which pip on the host"
                " does not know\n  Make one for production alone (uv: `uv export --no-dev -o pylock.toml`)."
            ),
        ),
        (
            {"poetry.lock": "package = 3\n"},
            "app/poetry.lock: it is not as such a file should be\n  Make it again, or name a requirements.txt.",
        ),
        (
            {"Pipfile.lock": "{"},
            "app/Pipfile.lock: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        ),
        (
            {"Pipfile.lock": '{"default": [1]}'},
            "app/Pipfile.lock: it is not as such a file should be\n  Make it again, or name a requirements.txt.",
        ),
        (
            {"Pipfile.lock": '{"_meta": {"sources": [{"url": "https://me:hunter2@x.test/simple"}]}}'},
            (
                "app/Pipfile.lock:1: there is a password or token in ://...@x.test/simple\n"
                "  A requirements file is no place for a secret: put the index into /etc/pip.conf of the host."
            ),
        ),
    ],
)
def test_refused(files: dict[str, str], message: str) -> None:
    assert refusal(files) == message


def test_groups_of_the_standard_lock() -> None:
    text = 'default-groups = ["web"]\n'
    for name, group in (("y", "web"), ("z", "dev")):
        text += f"[[packages]]\nname = '{name}'\nversion = '1'\nmarker = \"'{group}' in dependency_groups\"\n"
    text += "[[packages]]\nname = 'g'\n[packages.vcs]\ntype = 'git'\nurl = 'https://x.test/g.git'\ncommit-id = 'abc'\n"
    assert read({"pylock.toml": text}).text == "y==1\ng @ git+https://x.test/g.git@abc\n"
