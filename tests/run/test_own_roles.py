"""Roles of the project's own: where they stand, and what is refused before any connection."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from roles import APP_ROLES, HOST_ROLES
from tests.own_roles import DOCS, write_project
from windlass.errors import UsageError
from windlass.run.own_roles import arranged, find, load

HOSTS, APPS = ["base", "nginx"], ["app", "venv"]


def role(folder: Path, name: str, text: str) -> None:
    (folder / "roles").mkdir(exist_ok=True)
    (folder / "roles" / f"{name}.py").write_text(text)


def all_of(folder: Path) -> None:
    for own in find(folder):
        load(own, folder)
    arranged(find(folder), HOSTS, APPS)


def refusal(folder: Path) -> str:
    with pytest.raises(UsageError) as caught:
        all_of(folder)
    return str(caught.value)


def test_each_stands_behind_the_one_that_it_names(tmp_path: Path) -> None:
    for name, after in {"zebra": "base", "ant": "base", "bee": "zebra", "last": "venv"}.items():
        role(tmp_path, name, f"AFTER = {after!r}\n")
    role(tmp_path, "_hidden", "AFTER = 'base'\n")
    role(tmp_path, "shared", "COLOUR = 'blue'\n")
    hosts, apps = arranged(find(tmp_path), HOSTS, APPS)
    assert hosts == ["base", "ant", "zebra", "bee", "nginx"]
    assert apps == ["app", "venv", "last"]


def test_a_project_without_any(tmp_path: Path) -> None:
    assert arranged(find(tmp_path), HOSTS, APPS) == (HOSTS, APPS)


def test_those_of_windlass_are_none_of_the_project_s_own() -> None:
    assert find(Path(__file__).parents[2]) == []


THERE_ARE = "  There are: base, nginx, app, venv."
NO_FUNCTION = """\
roles/mine.py: there is no function 'mine', which a role of that name needs
  def mine(host, apps): behind a role of hosts, def mine(host, app): behind one of apps"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("AFTER = 'nginy'\ndef mine(): ...\n", f"roles/mine.py:1: there is no role 'nginy'\n{THERE_ARE}"),
        ("AFTER = 'mine'\ndef mine(): ...\n", f"roles/mine.py:1: there is no role 'mine'\n{THERE_ARE}"),
        ("x = 1\nAFTER = (\n", "roles/mine.py:2: '(' was never closed"),
        ("AFTER = 'base'\nimport nothing\n", "roles/mine.py:2: ModuleNotFoundError: No module named 'nothing'"),
        ("AFTER = 'base'\ndef other(): ...\n", NO_FUNCTION),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    role(tmp_path, "mine", text)
    assert refusal(tmp_path) == message


def test_the_name_of_another_role_is_refused(tmp_path: Path) -> None:
    role(tmp_path, "nginx", "AFTER = 'base'\ndef nginx(): ...\n")
    assert refusal(tmp_path) == "roles/nginx.py:1: Windlass has a role 'nginx'\n  Give the file another name."


def test_the_page_s_own_example_is_found(tmp_path: Path) -> None:
    write_project(tmp_path)
    (own,) = find(tmp_path)
    assert (own.name, own.after, own.place) == ("night_report", "base", "roles/night_report.py:7")


def test_the_page_names_all_roles_that_one_can_follow() -> None:
    lists = re.findall(r"a role\s+of (?:hosts|apps) \(([^)]*)\)", DOCS.read_text())
    assert [re.findall(r"`(\w+)`", names) for names in lists] == [list(HOST_ROLES), list(APP_ROLES)]
