"""Logging in to a real host by password, asked for on a real terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.lab.commands import Commands
from tests.terminal_process import TerminalProcess

if TYPE_CHECKING:
    from pathlib import Path

    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab


def check(project: Path, host: LabHost, *answers: str) -> tuple[int, str]:
    """Exit status and output of a check as a user whom nothing but passwords lets in."""
    commands = Commands.in_new_folder(project)
    variables = {"ansible_host": host.address, "ansible_port": host.ssh_port, "ansible_user": "careful"}
    lines = [f"      {name}: {value}\n" for name, value in {**variables, "host_key": host.host_key}.items()]
    commands.write("inventory/careful.yml", "careful:\n  hosts:\n    by-password:\n" + "".join(lines))
    argv = [sys.executable, str(commands.program), "--project", str(commands.folder), "provision", "by-password"]
    argv += ["--check", "--tags", "base", "--ask-pass", "--ask-sudo-pass", "--debug"]
    with TerminalProcess(argv, {"HOME": str(project), "SSH_AUTH_SOCK": "", "NO_COLOR": "1"}) as process:
        for question, answer in zip(("login password: ", "sudo password: "), answers, strict=True):
            process.until(question)
            process.type(f"{answer}\n")
        status = process.end(120)
    (commands.folder / "inventory/careful.yml").unlink()
    assert not any(answer in process.shown for answer in answers)
    return status, process.shown


def test_login_and_sudo_by_password(project: Path, lab: Lab, fresh_host: LabHost) -> None:
    status, shown = check(project, fresh_host, lab.careful_password, lab.careful_password)
    assert status == 0, shown
    assert "by-password  0 failed" not in shown
    assert " would change, " in shown
    fresh_host.run(f"! journalctl --no-pager | grep -F '{lab.careful_password}'")


def test_a_wrong_password_is_tried_once(project: Path, fresh_host: LabHost) -> None:
    status, shown = check(project, fresh_host, "wrong-canary-88", "wrong-canary-99")
    assert status == 1, shown
    assert "login refused; offered: a password" in shown
    assert "Is it the password of careful there? It was tried once, so that no account is locked." in shown
    assert fresh_host.run("journalctl --no-pager | grep -c 'Failed password for careful'").strip() == "1"


def test_a_login_shell_that_starts_another_one(project: Path, lab: Lab, fresh_host: LabHost) -> None:
    """As people have it who prefer another shell; that one waits for commands that do not come."""
    fresh_host.run("sed -i '1i exec sh' ~careful/.bashrc")
    status, shown = check(project, fresh_host, lab.careful_password, lab.careful_password)
    assert status == 1, shown
    assert "the login shell of careful does not come to the command: what its .bashrc or .profile starts" in shown
