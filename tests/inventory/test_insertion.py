"""Lines put into an inventory file, with all that is there kept."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
import yaml

from windlass.inventory.insertion import CannotInsertError, insert

ENTRY = ["shop:", "  source: ../shop", "  domains: [www.example.com]  # a comment"]
WAY = ("all", "children", "web", "hosts", "www.example.com", "apps")
HOSTS = Path(__file__).parents[2] / "inventory/hosts.yml"


def inserted(text: str, way: tuple[str, ...] = WAY) -> str:
    """What becomes of a text."""
    return insert(dedent(text), way, ENTRY)[0]


def test_into_nothing() -> None:
    fresh, line = insert("", ("all", "hosts"), ENTRY)
    assert fresh == "all:\n  hosts:\n    shop:\n      source: ../shop\n      domains: [www.example.com]  # a comment\n"
    assert line == 1


def test_into_the_file_that_comes_with_windlass_below_its_example() -> None:
    before = HOSTS.read_text()
    fresh, line = insert(before, WAY[:-2], ["www.example.com:", "  ansible_user: root"])
    assert fresh == before + "        www.example.com:\n          ansible_user: root\n"
    assert line == len(before.splitlines()) + 1


def test_behind_what_is_there_and_before_what_follows() -> None:
    before = """\
        # first
        all:
          children:
            web:
              hosts:
                www.example.com:   # here
                  apps:
                      blog: {source: ../blog, domains: [b.example.com]}  # two by two
                      # about the blog

                # about the next host
                other.example.com:
            db:
              vars:
              - text
        """
    lines = dedent(before).splitlines(keepends=True)
    block = [
        "              shop:\n",
        "                source: ../shop\n",
        "                domains: [www.example.com]  # a comment\n",
    ]
    assert inserted(before).splitlines(keepends=True) == [*lines[:9], *block, *lines[9:]]


@pytest.mark.parametrize(
    ("before", "way"),
    [
        ("all:\n  hosts:\n    www.example.com:\n", ("all", "hosts", "www.example.com", "apps")),
        ("all:\n  hosts:\n    www.example.com:", ("all", "hosts", "www.example.com", "apps")),
        ("all:\r\n  hosts:\r\n    www.example.com:\r\n      x: 1\r\n", ("all", "hosts", "www.example.com", "apps")),
        (
            "---\nall:\n  hosts:\n    a:\n      x: |\n        text\n\n        # no comment\n",
            ("all", "hosts", "a", "apps"),
        ),
        ("all:\n  hosts:\n    a:\n      x:\n      - 1\n      - 2\n    b:\n", ("all", "hosts", "a", "apps")),
        ("all: {vars: {x: 1}}\n", ("web", "hosts")),
        ("apps:\n  blog:\n    source: x\n# the end\n", ("apps",)),
        ("\ufeffapps:\n  blog:\n    source: x\n", ("apps",)),
        ("# nothing but words\n", ("apps",)),
        ("all:\n  hosts:\n    web[1:3]:\n      x: 1\n", ("all", "hosts", "www.example.com", "apps")),
        ("x: &a {y: 1}\nz: *a\n", ("apps",)),
    ],
)
def test_nothing_else_is_changed(before: str, way: tuple[str, ...]) -> None:
    fresh, line = insert(before, way, ENTRY)
    new = len(fresh.splitlines()) - len(before.splitlines())
    rest = fresh.splitlines()
    del rest[line - 1 : line - 1 + new]
    assert rest == before.splitlines()
    assert ("\r\n" in before) == ("\r\n" in fresh)
    assert "\r\n" not in before or "\n" not in fresh.replace("\r\n", "")
    inner = yaml.safe_load(fresh.removeprefix("\ufeff"))
    for step in way:
        inner = inner[step]
    assert inner["shop"] == yaml.safe_load("\n".join(ENTRY))["shop"]


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ("all:\n  hosts: {a: {x: 1}}\n", "it is written in braces, or is no mapping"),
        ("all:\n  hosts:\n    a: {}\n", "it is written in braces, or is no mapping"),
        ('all:\n  hosts:\n    a:\n      apps: "{{ others }}"\n', "it is written in braces, or is no mapping"),
        ("x: &a\n  y:\n    z: 1\nall:\n  hosts:\n    a:\n      apps: *a\n", "other lines would change, too"),
        ("all:\n  hosts:\n    a:\n      apps:\n        blog:\n          source: x\n...\n", None),
        ("- a list\n", "it is no mapping"),
        ("all: [\n", "not valid YAML"),
    ],
)
def test_what_leaves_no_room_is_left_alone(before: str, why: str | None) -> None:
    way = ("all", "hosts", "a", "apps")
    if why is None:
        assert "source: ../shop" in insert(before, way, ENTRY)[0]
        return
    with pytest.raises(CannotInsertError, match=why):
        insert(before, way, ENTRY)
