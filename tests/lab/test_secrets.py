"""Secrets on a host: what differs, a new release for a new value, and files that go with their release."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.lab.commands import Commands

if TYPE_CHECKING:
    from windlass.lab import LabHost

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("no_secrets")]

APP: dict[str, Any] = {
    "source": "apps/notes",
    "wsgi": "notes:create_app()",
    "domains": ["secrets.lab.test"],
    "tls": {"mode": "self-signed"},
    "required_env": ["KEY", "MAIL"],
    "env": {"PLAIN": "1"},
    "keep_releases": 1,
    "drain_timeout": 1,
}


@pytest.fixture
def commands(project: Path, equipped_host: LabHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """A project with `notes` for a host that is not provisioned yet."""
    monkeypatch.setenv("HOME", str(tmp_path))
    commands = Commands.in_new_folder(project)
    commands.write(f"inventory/host_vars/{equipped_host.name}.yml", yaml.safe_dump({"apps": {"notes": APP}}))
    commands.write("inventory/group_vars/lab.yml", "{}\n")
    commands("secrets", "init")
    return commands


def set_secret(commands: Commands, host: LabHost, name: str, value: str) -> None:
    argv = [sys.executable, str(commands.program), "--project", str(commands.folder), "secrets", "set", name]
    argv += ["--app", "notes", "--host", host.name]
    subprocess.run(argv, input=value.encode(), check=True, stdout=subprocess.DEVNULL, env=dict(os.environ))


# What a shell, systemd, YAML, Jinja or dotenv would take for something else.
AWKWARD = """ \t'it''s' "quoted" `too` $HOME ${HOME} $$ %h %% \\n \\\\ # ; {{ x }} {% y %} !z &a *b <<: - [ ] : = \\"""
EXACT = {
    "AWKWARD": AWKWARD,
    "LINES": "\n\n  one\r\n\ttwo\\\n\nthree\n ",
    "UNICODE": "\ufeffGrüße, 世界 \N{OLD KEY} \x85\u2028\x01\x1b[31m\x7f",
    "LONG": (f"{AWKWARD}\n" * 1000)[: 64 * 1024],
}


def environments(host: LabHost) -> list[str]:
    return host.run("ls /srv/notes/releases/*/env").split()


def environment(host: LabHost) -> dict[str, str]:
    """What the app's own process sees."""
    pid = "$(systemctl show -p MainPID --value notes@$(basename $(readlink /srv/notes/current)).service)"
    content = base64.b64decode(host.run(f"base64 /proc/{pid}/environ")).decode()
    return dict(line.split("=", 1) for line in content.split("\0") if line)


def test_a_new_value_is_a_new_release(commands: Commands, equipped_host: LabHost) -> None:
    name, host = equipped_host.name, equipped_host
    said = commands("provision", name, status=2)
    assert "notes: KEY is missing, and required_env asks for it" in said.err
    host.run("test ! -e /srv/notes")
    set_secret(commands, host, "KEY", "first-value")
    set_secret(commands, host, "MAIL", "the same")
    assert commands("secrets", "diff", name).out == f"{name}  notes  not deployed\n"
    commands("provision", name)
    assert commands("secrets", "diff", name).out == f"{name}  notes  no difference\n"
    assert commands.json("provision", name)["changed"] == 0
    [first] = environments(host)
    set_secret(commands, host, "KEY", "second-value")
    set_secret(commands, host, "NEW", "x")
    said = commands("secrets", "diff", name)
    assert said.out == f"{name}  notes  + NEW  ~ KEY\n"
    assert environment(host)["KEY"] == "first-value"
    said = commands("deploy", name)
    assert said.err.count("notes gets NEW, which its required_env does not list") == 1
    found = environment(host)
    assert (found["KEY"], found["MAIL"]) == ("second-value", "the same")
    assert len(environments(host)) == 2
    for variable, value in EXACT.items():
        set_secret(commands, host, variable, f"{value}\n")  # the last newline is not part of it
    commands("deploy", name)
    found = environment(host)
    assert {variable: found.get(variable) for variable in EXACT} == EXACT
    left = environments(host)
    assert first not in left
    assert len(left) == 2
    owners = host.run("stat -c '%U:%G %a' /srv/notes/releases/*/env").splitlines()
    assert owners == ["root:root 600"] * 2
    commands.write(f"inventory/secrets/{name}.yml.age", "garbage")
    assert commands.json("status", name)["error"] is None  # it needs no secret
