"""`deploy.py logs`: what is refused before any connection."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.lab.commands import ROOT
from tests.projects import project
from windlass.cli.cli import run

if TYPE_CHECKING:
    from pathlib import Path

INVENTORY = """
    all:
      hosts:
        web1: {ansible_host: 192.0.2.1, apps: {shop: {source: ., wsgi: "shop:app", domains: [shop.example.com]}}}
        bare: {ansible_host: 192.0.2.2}
    """


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["web1", "--grep", "a(b"],
            (
                "Error: Invalid value for '--grep': 'a(b' is not a regular expression: missing ), unterminated "
                "subpattern at position 1\n"
            ),
        ),
        (
            ["web1", "--since", "tomorow"],
            (
                "Error: Invalid value for '--since': 'tomorow' is not a time; write for example 10min, 2h, 3d, today, "
                "yesterday, 08:30, '2026-11-21 08:30'\n"
            ),
        ),
        (["web1", "--since", "2099-01-01"], "Error: Invalid value for '--since': '2099-01-01' lies in the future\n"),
        (["web1", "-n", "many"], "Error: Invalid value for '-n' / '--lines': 'many' is not a valid integer range.\n"),
        (["web1", "-n", "-1"], "Error: Invalid value for '-n' / '--lines': -1 is not in the range 0<=x<=100000.\n"),
        (["web1", "--app", "shpo"], "error: there is no app 'shpo' on web1\n  did you mean 'shop'?\n"),
        (["bare"], "error: there are no apps on bare\n  add one to the inventory: ./deploy.py settings apps\n"),
        (["nosuch"], "error: unknown host or group 'nosuch'\n  ./deploy.py inventory shows what there is\n"),
        ([], "Error: Missing argument 'HOST...'.\n"),
    ],
)
def test_mistakes(arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(tmp_path, INVENTORY)
    assert run(["--project", str(tmp_path), "logs", *arguments]) == 2
    out, err = capsys.readouterr()
    assert err.rpartition("\n\n")[2] == message
    assert out == ""


@pytest.mark.parametrize(
    ("watched", "no_color", "name"),
    [("stderr", "", "\x1b[31mfailed\x1b[0m"), ("stderr", "1", "failed"), ("stdout", "", "failed")],
)
def test_what_is_said_has_the_colours_of_where_it_is_said(
    watched: str, no_color: str, name: str, tmp_path: Path
) -> None:
    project(tmp_path, INVENTORY.replace("192.0.2.1", f"127.0.0.1, host_key: ssh-ed25519 {'A' * 68}"))  # it is none
    argv = [sys.executable, str(ROOT / "deploy.py"), "--project", str(tmp_path), "logs", "web1"]
    environment = {**os.environ, "TERM": "xterm", "NO_COLOR": no_color}
    ours, theirs = pty.openpty()
    pipe, end = os.pipe()
    streams = {"stdout": end, "stderr": theirs} if watched == "stderr" else {"stdout": theirs, "stderr": end}
    subprocess.run(argv, stdin=subprocess.DEVNULL, env=environment, **streams)
    os.close(theirs)
    os.close(end)
    said = os.read(ours if watched == "stderr" else pipe, 4096).decode()
    os.close(ours)
    os.close(pipe)
    assert said.startswith(f"web1  {name}  ")


def test_help_says_once_what_json_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["logs", "--help"]) == 0
    words = " ".join(capsys.readouterr().out.split())
    assert words.count("JSON document") == 1
    assert "With --json each line is a JSON document of its own." in words
