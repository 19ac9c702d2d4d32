"""`deploy.py ssh`, by the OpenSSH client and to a real sshd."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.commands import ROOT
from tests.projects import project
from tests.ssh.sshd import ME, Sshd, host, make_key, public
from windlass.openssh import command_line


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with Sshd(tmp_path_factory.mktemp("sshd"), kinds=("rsa", "ed25519")) as running:
        yield running


def ssh(folder: Path, server: Sshd, key: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`deploy.py ssh web1` of a project in which web1 is that server, with that host key."""
    there = f"ansible_host: 127.0.0.1, ansible_port: {server.port}, ansible_user: {ME}"
    inventory = (
        f"web: {{hosts: {{web1: {{{there}, ansible_private_key_file: {server.key}, host_key: {key}}}, web2: }}}}"
    )
    project(folder, inventory + "\n")
    argv = [sys.executable, str(ROOT / "deploy.py"), "--project", str(folder), "ssh", *arguments]
    surroundings = {**os.environ, **environment}
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, env=surroundings)


def test_a_command_and_its_exit_status(server: Sshd, tmp_path: Path) -> None:
    key = public(server.host_keys["ed25519"])
    done = ssh(tmp_path, server, key, "web1", "--", "echo $((6 * 7))", "'a  b';", "exit 7")
    assert (done.returncode, done.stdout) == (7, "42 a  b\n")


def test_another_host_key_than_that_of_the_inventory_is_refused(server: Sshd, tmp_path: Path) -> None:
    other = public(make_key(tmp_path / "other"))
    done = ssh(tmp_path, server, other, "web1", "--", "echo in")
    assert (done.returncode, done.stdout) == (255, "")
    assert "Host key verification failed." in done.stderr


def test_the_key_of_the_inventory_counts_though_another_is_known(server: Sshd, tmp_path: Path) -> None:
    """Its type is asked for, and ssh's own known_hosts are not: there the host has its RSA key, if any."""
    done = ssh(tmp_path, server, public(server.host_keys["rsa"]), "web1", "--", "true")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["web"], "error: ssh goes to one host, and 'web' means 2\n"),
        (["nosuch"], "error: unknown host or group 'nosuch'"),
        (["web1", "uptime"], "Got unexpected extra argument (uptime)"),
        ([], "Missing argument 'HOST'."),
    ],
)
def test_mistakes(arguments: list[str], message: str, server: Sshd, tmp_path: Path) -> None:
    done = ssh(tmp_path, server, public(server.host_keys["rsa"]), *arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_no_ssh_program(server: Sshd, tmp_path: Path) -> None:
    done = ssh(tmp_path, server, public(server.host_keys["rsa"]), "web1", PATH=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr == (
        "error: there is no ssh program on this machine\n  Install OpenSSH's client (Debian: openssh-client).\n"
    )


def test_what_the_inventory_does_not_say_is_left_to_ssh() -> None:
    silent = host(0, user=None)
    assert command_line(silent) == ["ssh", "--", "127.0.0.1"]
    assert command_line(silent, accept_new_host_key=True)[1:3] == ["-o", "StrictHostKeyChecking=accept-new"]
    through = host(2222, user="me", proxy_jump="a@b:1,c")
    assert command_line(through, ["top"], terminal=True) == [
        *("ssh", "-l", "me", "-p", "2222", "-J", "a@b:1,c", "-t", "--", "127.0.0.1", "top")
    ]


def test_options_are_such_that_ssh_knows() -> None:
    asked = subprocess.run(
        [shutil.which("ssh") or "ssh", "-G", *command_line(host(2222, key=Path("/k"), host_key="ssh-rsa AAAA="))[1:]],
        capture_output=True,
        text=True,
        check=True,
    )
    settings = dict(line.split(" ", 1) for line in asked.stdout.splitlines() if " " in line)
    assert settings["port"] == "2222"
    assert settings["stricthostkeychecking"] == "true"
    assert settings["knownhostscommand"] == "/bin/echo * ssh-rsa AAAA="
