"""`deploy.py run`: what is refused before any connection."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.lab.commands import ROOT
from tests.projects import project
from tests.terminal_process import TerminalProcess
from windlass.cli.cli import run
from windlass.cli.commands.run import recorded

if TYPE_CHECKING:
    from pathlib import Path

APP = 'source: ., wsgi: "shop:app"'
INVENTORY = f"""
    web:
      hosts:
        web1: {{ansible_host: 192.0.2.1, apps: {{shop: {{{APP}, domains: [shop.example.com]}}}}}}
        web2: {{ansible_host: 192.0.2.2, apps: {{shop: {{{APP}, domains: [shop.example.com]}}}}}}
    other:
      hosts:
        bare: {{ansible_host: 192.0.2.3}}
        two:
          ansible_host: 192.0.2.4
          apps: {{a: {{{APP}, domains: [a.example.com]}}, b: {{{APP}, domains: [b.example.com]}}}}
    """


NO_COMMAND = "error: there is no command\n  Write it behind two dashes: run HOST -- flask shell\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["web1"], NO_COMMAND),
        (["web1", "flask", "shell"], NO_COMMAND),
        (["web1", "--"], NO_COMMAND),
        (["two", "--", "id"], "error: which app of two? there are a, b: name one with --app\n"),
        (
            ["bare", "--", "id"],
            "error: there are no apps on bare\n  add one to the inventory: ./deploy.py settings apps\n",
        ),
        (["two", "--app", "c", "--", "id"], "error: there is no app 'c' on two\n  there are: a, b\n"),
        (
            ["bare", "--app", "c", "--", "id"],
            "error: there is no app 'c' on bare\n  add one to the inventory: ./deploy.py settings apps\n",
        ),
        (
            ["nosuch", "--", "id", "--app"],
            "error: unknown host or group 'nosuch'\n  ./deploy.py inventory shows what there is\n",
        ),
        (["--", "id"], "Error: Missing argument 'HOST...'.\n"),
    ],
)
def test_mistakes(arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(tmp_path, INVENTORY)
    assert run(["--project", str(tmp_path), "run", *arguments]) == 2
    out, err = capsys.readouterr()
    assert err.rpartition("\n\n")[2] == message
    assert out == ""


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["flask", "users", "add", "--password", "canary"], "run web1 eu -- flask"),
        (["flask users add --password canary"], "run web1 eu -- flask"),
        (["TOKEN=canary", "flask", "shell"], "run web1 eu -- TOKEN="),
        (["https://canary:canary@example.com/"], "run web1 eu -- https"),
        (["-pcanary", "flask"], "run web1 eu -- "),
        (["bin/flask-2.1_x", "shell"], "run web1 eu -- bin/flask-2.1_x"),
        ([""], "run web1 eu -- "),
    ],
)
def test_the_audit_is_told_the_program_alone(argv: list[str], words: str) -> None:
    assert recorded(("web1", "eu"), argv) == words


def test_what_stands_behind_the_dashes_is_not_for_us(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(tmp_path, INVENTORY)
    for arguments in (["run", "nosuch"], ["run", "web", "--forks", "0"], ["ssh", "web"]):
        assert run(["--project", str(tmp_path), *arguments, "--", "program", "--json", "--debug"]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert "Traceback" not in err


@pytest.mark.parametrize(("no_color", "name"), [("1", "web1  failed  "), ("", "web1  \x1b[31mfailed\x1b[0m  ")])
def test_a_host_that_fails_is_red_where_colours_are_wanted(tmp_path: Path, no_color: str, name: str) -> None:
    project(tmp_path, INVENTORY.replace("192.0.2.", "127.0.0."))
    (tmp_path / "inventory/group_vars").mkdir()
    (tmp_path / "inventory/group_vars/all.yml").write_text("ansible_port: 1\n")
    argv = [sys.executable, str(ROOT / "deploy.py"), "--project", str(tmp_path), "run", "web", "-T", "--", "id"]
    with TerminalProcess(argv, {"NO_COLOR": no_color}) as running:
        running.until(name)


def test_several_hosts_have_no_terminal(tmp_path: Path) -> None:
    project(tmp_path, INVENTORY)
    argv = [sys.executable, str(ROOT / "deploy.py"), "--project", str(tmp_path), "run", "web", "--", "flask", "shell"]
    master, slave = pty.openpty()
    try:
        done = subprocess.run(argv, stdin=slave, stdout=slave, stderr=subprocess.PIPE, text=True, timeout=60)
    finally:
        os.close(master)
        os.close(slave)
    assert done.returncode == 2
    assert done.stderr == (
        "error: 'web' means 2 hosts, and a terminal can be had of one alone\n  Name one, or use --no-terminal.\n"
    )


@pytest.mark.parametrize(("command", "usage"), [("run", "HOST... -- COMMAND..."), ("ssh", "HOST [-- COMMAND...]")])
def test_the_usage_shows_where_the_command_goes(command: str, usage: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: deploy.py {command} [OPTIONS] {usage}\n")
