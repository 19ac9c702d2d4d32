"""What a release is found to run with, and how it is told what is another."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.local_machine import on_this_machine
from tests.releases import release
from windlass.agent.release import configuration
from windlass.agent.release.configuration import Configuration
from windlass.agent.release.configuration import digest as gunicorn_digest
from windlass.agent.release.environment import Environment
from windlass.agent.release.instance import Instance
from windlass.agent.release.records import Releases
from windlass.agent.resources import Absent

SECRET = "canary-of-the-bank"
WRITTEN = Environment({"COLOUR": "red", "TOKEN": f"{SECRET}\nMII=\n"}, frozenset({"TOKEN"}))
GUNICORN = b'import os\n\nworkers = 3\nworker_class = "gthread"\n\ndef f():\n    x = 1\n'
UNIT = b"[Service]\nUser=notes\nMemoryMax=80%\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An app's home with one release `one`, and its units beside it."""
    folder = release(tmp_path, "one", secret=["TOKEN"], static=["src/static"])
    (folder / "env").write_bytes(WRITTEN.file())
    (folder / "gunicorn.conf.py").write_bytes(GUNICORN)
    monkeypatch.setattr(configuration, "UNITS", str(tmp_path))
    for kind in ("service", "socket"):
        (tmp_path / f"notes@one.{kind}").write_bytes(UNIT)
        (tmp_path / f"notes@one.{kind}").chmod(0o644)
    return tmp_path


def found(home: Path) -> Configuration:
    releases = Releases(str(home))
    record = releases.record("one")
    assert record is not None
    machine = on_this_machine(Absent("/nowhere")).machine
    return Configuration(releases, Instance(machine, "notes", "one"), record)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_what_was_written_is_found(home: Path) -> None:
    assert found(home).parts == {
        "env": digest(WRITTEN.to_json()),
        "gunicorn": gunicorn_digest(GUNICORN),
        "service": digest(UNIT),
        "socket": digest(UNIT),
        "static": ["src/static"],
        "data": [],
        "release_command": "",
    }


@pytest.mark.parametrize("by_hand", [b"HACK=1\n", b"# a comment\n", b"\n", b'HACK="1"\n', b"\xff"])
def test_an_environment_that_is_not_as_it_was_written_is_another_and_never_shown(home: Path, by_hand: bytes) -> None:
    path = home / "releases/one/env"
    path.write_bytes(path.read_bytes() + by_hand)
    configuration = found(home)
    assert configuration.parts["env"] != digest(WRITTEN.to_json())
    assert configuration.difference("env", WRITTEN.to_json()) == "different"
    assert configuration.patch("env", WRITTEN.to_json()).splitlines()[1:] == ["(its content is not shown)"]


def test_variables_are_told_by_their_names(home: Path) -> None:
    wanted = Environment({"COLOUR": "red", "TOKEN": "another", "SIZE": "3"}, frozenset({"TOKEN"})).to_json()
    assert found(home).difference("env", wanted) == "other SIZE, TOKEN"
    lines = found(home).patch("env", wanted).splitlines()[4:]
    assert lines == [" COLOUR=(a value)", "-TOKEN=(a value)", "+SIZE=(another value)", "+TOKEN=(another value)"]


def test_that_another_one_is_secret_is_a_difference(home: Path) -> None:
    wanted = Environment(WRITTEN.variables, frozenset({"COLOUR", "TOKEN"})).to_json()
    assert found(home).parts["env"] != digest(wanted)
    assert found(home).difference("env", wanted) == "other COLOUR"


def test_settings_are_told_by_their_names_and_shown_as_lines(home: Path) -> None:
    configuration = found(home)
    assert configuration.difference("gunicorn", GUNICORN.replace(b"3", b"4")) == "other workers"
    assert configuration.difference("gunicorn", GUNICORN.replace(b"x = 1", b"x = 2")) == "different"
    assert configuration.difference("service", UNIT + b"User=root\nNice=5\n") == "other Nice, User"
    assert configuration.patch("service", UNIT.replace(b"80", b"50")).splitlines()[-2:] == [
        "-MemoryMax=80%",
        "+MemoryMax=50%",
    ]


def test_what_only_looks_like_a_setting_by_hand_is_not_shown(home: Path) -> None:
    path = home / "releases/one/gunicorn.conf.py"
    path.write_bytes(GUNICORN + b"piecesOfSecret==\n")
    assert found(home).difference("gunicorn", GUNICORN) == "different"


def test_many_names_are_counted(home: Path) -> None:
    wanted = UNIT + b"".join(b"Setting%d=1\n" % number for number in range(9))
    assert found(home).difference("service", wanted) == "other Setting0 and 8 more"


def test_what_is_not_there_is_missing(home: Path) -> None:
    for path in ("notes@one.service", "releases/one/env", "releases/one/gunicorn.conf.py"):
        (home / path).unlink()
    configuration = found(home)
    assert {configuration.difference(name, b"{}") for name in ("service", "env", "gunicorn")} == {"missing"}


def test_the_share_that_other_apps_leave_makes_no_difference(home: Path) -> None:
    shared = GUNICORN.replace(b"workers = 3", b"workers = 3  # its share of the 5 that the host has alone")
    (home / "releases/one/gunicorn.conf.py").write_bytes(shared)
    same = found(home).parts["gunicorn"]
    assert same == gunicorn_digest(shared.replace(b"workers = 3", b"workers = 2"))
    assert same != gunicorn_digest(shared.replace(b"of the 5", b"of the 9"))
    assert gunicorn_digest(GUNICORN) != gunicorn_digest(GUNICORN.replace(b"workers = 3", b"workers = 2"))
