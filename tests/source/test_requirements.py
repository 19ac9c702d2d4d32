"""Requirements from the files that projects have, as one text that a host's pip can follow."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import uv
from hypothesis import given
from hypothesis import strategies as st

from windlass.errors import SourceError
from windlass.source import pip_lines, requirements
from windlass.source.requirements import Requirements
from windlass.source.tree import Entry, Tree


def of(files: dict[str, str]) -> Tree:
    return Tree(
        "app",
        [Entry(name, len(text), False, lambda text=text: text.encode()) for name, text in files.items()],  # type: ignore[misc]
    )


def read(files: dict[str, str], file: str | list[str] | None = None) -> Requirements:
    return requirements.read(of(files), file)


def refusal(files: dict[str, str], file: str | list[str] | None = None) -> str:
    with pytest.raises(SourceError) as refused:
        read(files, file)
    return str(refused.value)


class TestRequirementsFile:
    def test_what_pip_understands_passes_through(self) -> None:
        text = (
            "# comment\n"
            "flask[async]>=3.1,<4  # web\n"
            "\n"
            'colorama; sys_platform == "win32"\n'
            "itsdangerous==2.2.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
            "thing @ https://example.org/thing-1.0.zip\n"
            "git+https://example.org/x/y.git@v1#egg=y_z\n"
            "--extra-index-url https://pypi.example.org/simple\n"
            "--pre\n"
        )
        found = read({"requirements.txt": text})
        assert found.text.splitlines() == [
            "flask[async]>=3.1,<4",
            'colorama; sys_platform == "win32"',
            "itsdangerous==2.2.0 --hash=sha256:aa --hash=sha256:bb",
            "thing @ https://example.org/thing-1.0.zip",
            "git+https://example.org/x/y.git@v1#egg=y_z",
            "--extra-index-url https://pypi.example.org/simple",
            "--pre",
        ]
        assert found.names == {"flask", "colorama", "itsdangerous", "thing", "y-z"}
        assert found.hashed

    def test_comments_change_nothing(self) -> None:
        plain = read({"requirements.txt": "flask\nredis\n"})
        assert read({"requirements.txt": "# why\nflask # because\n\n\n  redis\r\n"}) == plain

    def test_named_files_are_taken_in(self) -> None:
        found = read(
            {
                "requirements.txt": "-r deps/base.txt\n-c limits.txt\nredis\n",
                "deps/base.txt": "-rmore.txt\nflask\n--constraint=../limits2.txt\n",
                "deps/more.txt": "click\n-r base.txt\n",
                "limits.txt": "werkzeug<4\n",
                "limits2.txt": "-r limits3.txt\n",
                "limits3.txt": "jinja2<4\n",
            }
        )
        assert found.text == "click\nflask\nredis\n"
        assert found.constraints == "jinja2<4\nwerkzeug<4\n"

    @pytest.mark.parametrize("named", ["missing.txt", "../outside.txt", "/etc/passwd"])
    def test_files_outside_are_refused(self, named: str) -> None:
        words = refusal({"requirements.txt": f"flask\n-r {named}\n"})
        assert words.startswith(f"app/requirements.txt:2: {named} cannot be read: there is no such file in the source")

    def test_remote_file_is_refused(self) -> None:
        assert "only files of the source can be" in refusal({"requirements.txt": "-r https://example.org/r.txt"})

    @pytest.mark.parametrize(
        "line",
        ["./libs/thing", "../thing", "/opt/thing", "-e libs/thing", "libs/thing.whl", "thing-1.0-py3-none-any.whl",
         "thing @ file:///opt/thing", "file:///opt/x.zip", "thing @ ../thing", "-e ./thing"],
    )  # fmt: skip
    def test_local_paths_are_refused(self, line: str) -> None:
        words = refusal({"requirements.txt": f"\n{line}\n"})
        assert words.startswith("app/requirements.txt:2: ")
        assert "is a path on this machine, the host cannot install it" in words

    @pytest.mark.parametrize("line", ["--find-links ./wheels", "-i file:///srv/index", "-f wheels"])
    def test_local_indexes_are_refused(self, line: str) -> None:
        assert "is a path on this machine" in refusal({"requirements.txt": line})

    @pytest.mark.parametrize(
        "line",
        [
            "--index-url https://me:hunter2@pypi.example.org/",
            "git+https://hunter2@github.com/x/y",
            "x @ https://hunter2@h/x.zip",
        ],
    )
    def test_passwords_are_refused_and_not_shown(self, line: str) -> None:
        words = refusal({"requirements.txt": line})
        assert "there is a password or token in" in words
        assert "hunter2" not in words

    def test_git_over_ssh_is_no_password(self) -> None:
        line = "git+ssh://git@github.com/x/y.git#egg=y"
        assert read({"requirements.txt": line}).text == line + "\n"

    def test_unknown_option(self) -> None:
        assert "app/requirements.txt:1: --user is no option that Windlass passes on" in refusal(
            {"requirements.txt": "--user"}
        )

    def test_what_is_no_requirement(self) -> None:
        assert "app/requirements.txt:1: '<<<<<<< HEAD' is no requirement" in refusal(
            {"requirements.txt": "<<<<<<< HEAD\n"}
        )

    def test_utf16_as_powershell_writes_it(self) -> None:
        entry = Entry("requirements.txt", 1, False, lambda: "flask\r\n".encode("utf-16"))
        assert requirements.read(Tree("app", [entry]), None).text == "flask\n"

    def test_binary_is_refused(self) -> None:
        entry = Entry("requirements.txt", 1, False, lambda: b"\xff\x00\x81")
        with pytest.raises(SourceError, match=r"app/requirements\.txt: is not UTF-8 text"):
            requirements.read(Tree("app", [entry]), None)

    def test_the_project_itself_means_its_dependencies(self) -> None:
        project = '[project]\nname="x"\ndependencies=["flask"]\n[project.optional-dependencies]\nprod=["redis"]\n'
        for line, text in (("-e .", "flask\n"), (".[prod]", "flask\nredis\n"), ("-e .[prod]", "flask\nredis\n")):
            assert read({"requirements.txt": line, "pyproject.toml": project}, "requirements.txt").text == text
        assert "there is no extra 'dev'" in refusal({"requirements.txt": ".[dev]", "pyproject.toml": project})
        assert "is not installed but runs from its folder" in refusal({"requirements.txt": "-e .", "setup.py": ""})


class TestProject:
    def test_dependencies(self) -> None:
        found = read({"pyproject.toml": '[project]\nname = "x"\ndependencies = ["flask >= 3", "Foo.Bar_baz"]\n'})
        assert found.text == "flask >= 3\nFoo.Bar_baz\n"
        assert "foo-bar-baz" in found.names

    def test_no_dependencies_at_all(self) -> None:
        assert read({"pyproject.toml": '[project]\nname = "x"\n'}).text == ""

    def test_dynamic_ones_are_refused(self) -> None:
        words = refusal({"pyproject.toml": '[project]\nname = "x"\ndynamic = ["dependencies"]\n'})
        assert "app/pyproject.toml: the dependencies are dynamic" in words

    def test_uv_sources_without_a_lock(self) -> None:
        text = '[project]\nname = "x"\ndependencies = ["y"]\n[tool.uv.sources]\ny = { path = "../y" }\n'
        assert "uv lock" in refusal({"pyproject.toml": text})

    def test_broken_toml(self) -> None:
        assert refusal({"pyproject.toml": "[project\n"}).startswith("app/pyproject.toml: ")

    def test_local_dependency(self) -> None:
        text = '[project]\nname = "x"\ndependencies = ["y @ file:///opt/y"]\n'
        assert "is a path on this machine" in refusal({"pyproject.toml": text})


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A project that a real uv has locked; a path dependency needs no index."""
    folder = tmp_path_factory.mktemp("locked")
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "hello"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["itsdangerous"]\n'
        '[dependency-groups]\ndev = ["iniconfig"]\n'
    )
    done = subprocess.run([uv.find_uv_bin(), "lock", "--project", folder], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no index: {done.stderr[-200:]}")
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


class TestLock:
    def test_lock_goes_first_and_has_hashes(self, locked: dict[str, str]) -> None:
        found = read({**locked, "requirements.txt": "django\n"})
        assert found.file == "uv.lock"
        assert found.names == {"itsdangerous"}
        assert found.hashed
        assert "hello" not in found.text

    def test_lock_needs_its_project(self, locked: dict[str, str]) -> None:
        assert "there is no pyproject.toml beside it" in refusal({"uv.lock": locked["uv.lock"]})

    def test_broken_lock(self, locked: dict[str, str]) -> None:
        words = refusal({**locked, "uv.lock": "nonsense = ["})
        assert "app/uv.lock: `uv export` refuses it" in words


@given(st.text(alphabet="ab \\#\n\r\t-=", max_size=60))
def test_logical_lines_never_lose_the_count(text: str) -> None:
    numbers = [number for number, line in pip_lines.logical_lines(text)]
    assert numbers == sorted(set(numbers))
    assert all(1 <= number <= len(text.splitlines()) for number in numbers)


def test_a_comment_ends_a_continuation() -> None:
    text = "flask \\\n# not that one\nredis\n"
    assert list(pip_lines.logical_lines(text)) == [(1, "flask"), (3, "redis")]


def test_order_of_files() -> None:
    both = {"requirements.txt": "flask\n", "pyproject.toml": '[project]\nname = "x"\n'}
    assert read(both).file == "requirements.txt"
    assert read(both, "pyproject.toml").file == "pyproject.toml"


def test_sample_has_gunicorn_and_hashes() -> None:
    text = (Path(__file__).parent.parent.parent / "sample_app" / "requirements.txt").read_text()
    found = read({"requirements.txt": text})
    assert "gunicorn" in found.names
    assert found.hashed


def test_requirements_that_the_settings_give() -> None:
    found = read({"app.py": "", "requirements.txt": "django\n"}, ["flask>=3", "redis[hiredis]; python_version > '3'"])
    assert found.text == "flask>=3\nredis[hiredis]; python_version > '3'\n"
    assert found.file == "`requirements`"
    assert refusal({"app.py": ""}, ["x @ file:///x"]).startswith("app/`requirements`:1: x @ file:///x is a path on")


def test_an_app_that_is_all_in_a_folder() -> None:
    assert refusal({"app/app.py": "import flask\n", "app/pyproject.toml": "[project]\n", "README": ""}).endswith(
        "\n  Add one of them, or name another with the app's `requirements`; there is app/pyproject.toml: is the app"
        " all in that folder (`subdirectory: app`)?"
    )


def test_what_imports_tell_is_proposed() -> None:
    assert refusal({"app.py": "from flask import Flask\nimport redis\n"}).endswith(
        "\n  Add one of them, or name another with the app's `requirements`, or tell it, from what it imports:"
        " `requirements: [Flask, redis]`."
    )
