"""Text without quotes that YAML takes for something else: an app never gets another value than the file shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import errors, inventory

HOSTS = """\
all:
  hosts: {{h: }}
  vars:
    {variable}
    apps:
      shop:
        source: https://example.com/shop.git
        wsgi: shop:app
        domains: [shop.example.com]
        {line}
"""
CHANGED = "the value of A would not reach the app as it is written: put it in quotes"


def text(line: str, variable: str = "mine: 1") -> str:
    return HOSTS.format(line=line, variable=variable)


@pytest.mark.parametrize("value", ["012345670123", "0123", "12:30", "0x1F", "0b11", "1_000", "+5", "!!int '07'"])
def test_a_number_that_is_written_in_another_way(value: str, tmp_path: Path) -> None:
    assert errors(tmp_path, text(f"env: {{B: x, A: {value}}}")) == [
        f"inventory/hosts.yml:10:24: apps.shop.env.A: {CHANGED}"
    ]


@pytest.mark.parametrize(("value", "word"), [("yes", "true"), ("True", "true"), ("off", "false"), ("NO", "false")])
def test_a_word_that_is_a_truth_value(value: str, word: str, tmp_path: Path) -> None:
    said = CHANGED.replace("put it", f"write {word}, or put it")
    assert errors(tmp_path, text(f"env: {{A: {value}}}")) == [f"inventory/hosts.yml:10:18: apps.shop.env.A: {said}"]


def test_a_truth_value_that_others_read_too_must_not_become_text(tmp_path: Path) -> None:
    said = CHANGED.replace("put it in quotes", "write true")
    found = errors(tmp_path, text("env: {A: '{{ flag }}'}", "flag: yes"))
    assert found == [f"inventory/hosts.yml:4:11: apps.shop.env.A: {said}"]


def test_a_switch_of_the_debugger_is_called_that_alone(tmp_path: Path) -> None:
    (found,) = errors(tmp_path, text("env: {FLASK_DEBUG: yes}"))
    assert "debug" in found.rpartition("FLASK_DEBUG")[2]


def test_what_stays_as_it_is_written(tmp_path: Path) -> None:
    env = "A: 8080, B: -5, C: true, D: '0123', E: 'yes', F: 0, G: '{{ mine }}', H: \"{{ '0x1F' | int(base=16) }}\""
    found = inventory(tmp_path, text(f"env: {{{env}}}")).hosts["h"].settings.apps["shop"].env
    expected = {"A": "8080", "B": "-5", "C": "true", "D": "0123", "E": "yes", "F": "0", "G": "1", "H": "31"}
    assert found == expected


@pytest.mark.parametrize(
    ("line", "variable", "place", "name"),
    [
        ("env: {A: '{{ account }}'}", "account: 0123", "4:14", "A"),
        ("env: {A: '{{ aws.account }}'}", "aws: {account: 0123}", "4:20", "A"),
        ("env: '{{ common }}'", "common: {A: 0123}", "4:17", "A"),
        ("env: {<<: {A: 0123}}", "mine: 1", "10:23", "A"),
    ],
)
def test_a_template_that_names_a_variable(line: str, variable: str, place: str, name: str, tmp_path: Path) -> None:
    assert errors(tmp_path, text(line, variable)) == [f"inventory/hosts.yml:{place}: apps.shop.env.{name}: {CHANGED}"]


def test_a_number_of_an_ini_file(tmp_path: Path) -> None:
    env = "env: {A: '{{ a }}', B: '{{ b }}', C: '{{ c }}', D: '{{ d }}'}"
    ini = "h a=1_000\n[all:vars]\nb=0x1F\nc='0x1F'\nd=0123\n"
    two = """, on the line of a host in two pairs: '"..."'"""
    files = {"inventory/hosts.yml": text(env), "inventory/more.ini": ini}
    assert errors(tmp_path, files) == [
        f"inventory/more.ini:1:1: apps.shop.env.A: {CHANGED}{two}",
        f"inventory/more.ini:3:1: apps.shop.env.B: {CHANGED.replace('A', 'B')}{two}",
    ]
    files["inventory/more.ini"] = ini.replace("1_000", "'\"1_000\"'").replace("b=0x1F", "b='0x1F'")
    found = inventory(tmp_path, files).hosts["h"].settings.apps["shop"].env
    assert found == {"A": "1_000", "B": "0x1F", "C": "0x1F", "D": "0123"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("ref: 1.10", "10:14: apps.shop.ref: 1.10 is not text; put it in quotes"),
        ("ref: 0123456", "10:14: apps.shop.ref: 0123456 is not text; put it in quotes"),
        ("ref: 2026-11-21", "10:14: apps.shop.ref: 2026-11-21 is not text; put it in quotes"),
        ("release_command: yes", "10:26: apps.shop.release_command: yes is not text; put it in quotes"),
        ("gunicorn: {version: 23.10}", "10:29: apps.shop.gunicorn.version: 23.10 is not text; put it in quotes"),
        ("memory_max: 0512", "10:21: apps.shop.memory_max: 0512 is not a size such as 512M or 2G"),
        ("packages: [vim, 010]", "10:25: apps.shop.packages[1]: 010 is not the name of a Debian package"),
        ("ref: '{{ mine }}'", "4:11: apps.shop.ref: 1.10 is not text; put it in quotes"),
        ("ref: '{{ mine + 1 }}'", "10:14: apps.shop.ref: 2.1 is not text; put it in quotes"),
        ("watch: -0x1", "10:16: apps.shop.watch: -0x1 is less than 0"),
    ],
)
def test_a_message_has_what_is_written(line: str, message: str, tmp_path: Path) -> None:
    assert errors(tmp_path, text(line, "mine: 1.10")) == [f"inventory/hosts.yml:{message}"]


def test_a_umask_is_told_to_be_quoted(tmp_path: Path) -> None:
    found = errors(tmp_path, text("ref: v1", "accounts: {umask: 022}"))
    assert found == [
        "inventory/hosts.yml:4:23: accounts.umask: 022 is not three octal digits in quotes, for example '022'"
    ]


def test_a_number_that_may_be_secret_is_not_shown(tmp_path: Path) -> None:
    found = errors(tmp_path, text("ref: '{{ pin_token }}'", "pin_token: 0123456"))
    assert found == ["inventory/hosts.yml:10:14: apps.shop.ref: the value is not text; put it in quotes"]
