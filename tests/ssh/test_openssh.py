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
from tests.terminal_process import TerminalProcess
from windlass.ssh.openssh import command_line


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with Sshd(tmp_path_factory.mktemp("sshd"), kinds=("rsa", "ed25519")) as running:
        yield running


def ssh(folder: Path, server: Sshd, key: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs `deploy.py ssh` on pipes."""
    argv = command(folder, server, key, *arguments)
    surroundings = {**os.environ, **environment}
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, env=surroundings)


def command(folder: Path, server: Sshd, key: str, *arguments: str) -> list[str]:
    """`deploy.py ssh` of a project in which web1 is that server, with that host key."""
    there = f"ansible_host: 127.0.0.1, ansible_port: {server.port}, ansible_user: {ME}"
    inventory = (
        f"web: {{hosts: {{web1: {{{there}, ansible_private_key_file: {server.key}, host_key: {key}}}, web2: }}}}"
    )
    project(folder, inventory + "\n")
    return [sys.executable, str(ROOT / "deploy.py"), "--project", str(folder), "ssh", *arguments]


def test_a_command_and_its_exit_status(server: Sshd, tmp_path: Path) -> None:
    key = public(server.host_keys["ed25519"])
    done = ssh(tmp_path, server, key, "web1", "--", "echo $((6 * 7))", "'a  b';", "exit 7")
    assert (done.returncode, done.stdout) == (7, "42 a  b\n")


def test_a_command_on_a_terminal_shows_its_own_words_alone(server: Sshd, tmp_path: Path) -> None:
    key = public(server.host_keys["ed25519"])
    with TerminalProcess(command(tmp_path, server, key, "web1", "--", "test -t 1 && echo here; exit 7")) as process:
        assert process.end() == 7
        assert process.shown == "here\n"


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
        (["web"], "error: ssh goes to one host, and 'web' means 2\n  ./deploy.py inventory shows which\n"),
        (["nosuch"], "error: unknown host or group 'nosuch'\n  ./deploy.py inventory shows what there is\n"),
        (
            ["web1", "uptime"],
            "Error: Got unexpected extra argument (uptime). A command goes behind dashes: -- uptime\n",
        ),
        (
            ["web1", "ls", "a b"],
            "Error: Got unexpected extra argument (ls 'a b'). A command goes behind dashes: -- ls 'a b'\n",
        ),
        ([], "Error: Missing argument 'HOST'.\n"),
    ],
)
def test_mistakes(arguments: list[str], message: str, server: Sshd, tmp_path: Path) -> None:
    done = ssh(tmp_path, server, public(server.host_keys["rsa"]), *arguments)
    assert done.returncode == 2
    assert done.stderr.rpartition("\n\n")[2] == message


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
        *("ssh", "-l", "me", "-p", "2222", "-J", "a@b:1,c", "-t", "-o", "LogLevel=ERROR", "--", "127.0.0.1", "top")
    ]


@pytest.fixture
def own_ssh(tmp_path: Path) -> Path:
    """A folder with an `ssh` that reads a configuration of ours in place of the user's; known_hosts is there, too."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "config").write_text(f"UserKnownHostsFile {folder}/known_hosts\nGlobalKnownHostsFile /dev/null\n")
    program = folder / "ssh"
    program.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {folder}/config "$@"\n')
    program.chmod(0o755)
    return folder


@pytest.fixture
def jumps(server: Sshd, tmp_path: Path) -> Iterator[tuple[Sshd, Sshd]]:
    """Two jump hosts that take the server's key; the first forwards to the second only, and that to the server."""
    with (
        Sshd(tmp_path / "inner", f"PermitOpen 127.0.0.1:{server.port}") as inner,
        Sshd(tmp_path / "outer", f"PermitOpen 127.0.0.1:{inner.port}") as outer,
    ):
        for jump in (inner, outer):
            (jump.folder / "authorized_keys").write_text(public(server.key))
        yield outer, inner


def through(jumps: tuple[Sshd, ...], server: Sshd, own_ssh: Path, *options: str) -> subprocess.CompletedProcess[str]:
    way = ",".join(f"{ME}@127.0.0.1:{jump.port}" for jump in jumps)
    key = f"'{public(server.host_keys['ed25519'])}', ansible_ssh_common_args: '-J {way}'"
    path = f"{own_ssh}:{os.environ['PATH']}"
    return ssh(own_ssh.parent, server, key, "web1", *options, "--", "echo in", PATH=path, SSH_AUTH_SOCK="")


def test_jump_hosts_are_offered_the_key_of_the_inventory(server: Sshd, jumps: tuple[Sshd, Sshd], own_ssh: Path) -> None:
    (own_ssh / "known_hosts").write_text("".join(jump.known_hosts.read_text() for jump in jumps))
    for way in (jumps[1:], jumps):
        done = through(way, server, own_ssh)
        assert (done.returncode, done.stdout) == (0, "in\n"), done.stderr


def test_the_key_of_a_jump_host_is_verified_and_can_be_accepted(
    server: Sshd, jumps: tuple[Sshd, Sshd], own_ssh: Path
) -> None:
    done = through(jumps, server, own_ssh)
    assert (done.returncode, done.stdout) == (255, "")
    assert "Host key verification failed." in done.stderr
    assert not (own_ssh / "known_hosts").exists()
    done = through(jumps, server, own_ssh, "--accept-new-host-key")
    assert (done.returncode, done.stdout) == (0, "in\n"), done.stderr
    assert (own_ssh / "known_hosts").read_text().count("ssh-ed25519 ") == 2


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
