"""Logging in by password: asked for by --ask-pass, shown to nobody but the host, and tried once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import fabric
import paramiko
import pytest

from tests.lab.commands import ROOT
from tests.projects import project
from tests.ssh.password_server import PASSWORD, password_server
from tests.ssh.sshd import ME, Sshd, agent, host, make_key, public
from tests.terminal_process import CTRL_C, TerminalProcess
from windlass.errors import ConnectError
from windlass.ssh import connection as ssh
from windlass.ssh import handshake
from windlass.ssh.options import ConnectOptions


def log_in(port: int, known: Path, password: str, **connect: object) -> None:
    options = ConnectOptions(attempts=3, known_hosts=[known])
    ssh.close(ssh.connect(host(port, password=password, **connect), options))  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["password", "keyboard-interactive"])
def test_a_password_logs_in(tmp_path: Path, method: str) -> None:
    with password_server(tmp_path, method) as (port, known, server):
        log_in(port, known, PASSWORD)
        assert server.offered[-1] == PASSWORD


def test_a_second_question_is_not_answered_with_the_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with password_server(tmp_path, "keyboard-interactive") as (port, known, server):
        code = paramiko.InteractiveQuery("", "", ("Verification code: \x1b[2J", False))

        def answered(responses: list[str]) -> int | paramiko.InteractiveQuery:
            server.offered += responses
            return code if responses == [PASSWORD] else paramiko.AUTH_FAILED

        monkeypatch.setattr(server, "check_auth_interactive_response", answered)
        with pytest.raises(ConnectError) as caught:
            log_in(port, known, PASSWORD)
        assert server.offered == [PASSWORD, PASSWORD, ""]  # by the one method, which it does not take, and the other
    assert str(caught.value) == (
        f"web1 ({ME}@127.0.0.1:{port}): login refused; offered: a password; the host also asks: Verification code:"
        " \\x1b[2J\n  What else it asks for cannot be given here: log in by a key, or as a user who needs no second"
        " factor."
    )


def test_a_question_whose_answer_would_be_seen_is_not_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with password_server(tmp_path, "keyboard-interactive") as (port, known, server):
        asked = paramiko.InteractiveQuery("", "", ("Name: ", True))
        monkeypatch.setattr(server, "check_auth_interactive", lambda *_: asked)
        with pytest.raises(ConnectError, match="; the host also asks: Name:\n"):
            log_in(port, known, PASSWORD)
        assert server.offered == [PASSWORD, ""]


def test_with_a_password_no_key_that_nobody_named_is_offered(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would use up what the host allows; one that ssh_config names is tried before."""
    make_key(home / ".ssh/id_rsa", "rsa")
    with agent(tmp_path, make_key(tmp_path / "other")) as socket, password_server(tmp_path) as (port, known, server):
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        log_in(port, known, PASSWORD)
        assert server.offered == [PASSWORD]


def test_a_password_after_the_key_of_ssh_config(tmp_path: Path, home: Path) -> None:
    key, locked = make_key(tmp_path / "key"), make_key(tmp_path / "locked", passphrase="secret")
    (home / ".ssh/config").write_text(f"IdentityFile {key}\nIdentityFile {locked}\n")
    with password_server(tmp_path, "publickey,password") as (port, known, server):
        asked: list[str] = []
        options = ConnectOptions(attempts=1, known_hosts=[known], ask=lambda question: asked.append(question) or "")
        ssh.close(ssh.connect(host(port, password=PASSWORD), options))
        assert server.offered == ["ssh-ed25519", PASSWORD]
        assert asked == []  # of two secrets one was given


def test_a_wrong_password_is_tried_once(tmp_path: Path) -> None:
    with password_server(tmp_path) as (port, known, server):
        with pytest.raises(ConnectError) as caught:
            log_in(port, known, "wrong canary")
        assert str(caught.value) == (
            f"web1 ({ME}@127.0.0.1:{port}): login refused; offered: a password\n"
            f"  Is it the password of {ME} there? It was tried once, so that no account is locked."
            " After three wrong ones, even the right one may be refused for a quarter of an hour."
        )
        assert server.offered == ["wrong canary"]


def test_a_host_that_falls_silent_during_the_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "LOGIN_TIMEOUT", 4)
    with password_server(tmp_path) as (port, known, server):
        given_up = threading.Event()
        monkeypatch.setattr(server, "check_auth_password", lambda name, password: given_up.wait(60))
        with pytest.raises(ConnectError) as caught:
            log_in(port, known, PASSWORD)
        given_up.set()
        assert str(caught.value) == (
            f"web1 ({ME}@127.0.0.1:{port}): login refused; offered: a password; to the last one the host did not answer"
            " within 4 s\n  Is the host overloaded, or does its sshd wait for DNS or a directory of users?"
        )


def test_a_host_that_takes_no_password(tmp_path: Path) -> None:
    settings = ("PasswordAuthentication no", "KbdInteractiveAuthentication no")
    with Sshd(tmp_path / "sshd", *settings) as server, pytest.raises(ConnectError) as caught:
        log_in(server.port, server.known_hosts, PASSWORD)
    assert str(caught.value) == (
        f"web1 ({ME}@127.0.0.1:{server.port}): login refused; offered: a password; the host takes only publickey\n"
        f"  Put your public key into the authorized_keys of {ME} there (ssh-copy-id), or set `ansible_user` or"
        " `ansible_ssh_private_key_file` in the inventory."
    )


def test_a_jump_host_is_not_told_the_password(tmp_path: Path) -> None:
    with password_server(tmp_path) as (port, known, server):
        with pytest.raises(ConnectError, match=r"^jump host 127.0.0.1 .*: login refused; offered: nothing") as caught:
            log_in(1, known, PASSWORD, proxy_jump=f"{ME}@127.0.0.1:{port}")
        assert "--ask-pass" not in str(caught.value)
        assert server.offered == []


def test_a_host_that_never_says_whether_it_runs_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh, "PATIENCE", 2)
    with password_server(tmp_path) as (port, known, server):
        given_up = threading.Event()
        monkeypatch.setattr(server, "check_channel_exec_request", lambda *command: given_up.wait(60))
        connection = ssh.connect(host(port, password=PASSWORD), ConnectOptions(attempts=1, known_hosts=[known]))
        with pytest.raises(ConnectError) as caught:
            ssh.open_exec(connection, "true")
        given_up.set()
        ssh.close(connection)
    assert str(caught.value) == (
        f"127.0.0.1 ({ME}@127.0.0.1:{port}): the host does not say within 2 s whether it runs a command"
    )


def test_a_jump_host_that_falls_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = make_key(tmp_path / "key")
    with password_server(tmp_path, "publickey") as (port, known, server):
        monkeypatch.setattr(server, "check_auth_publickey", lambda name, key: paramiko.AUTH_SUCCESSFUL)
        given_up = threading.Event()
        monkeypatch.setattr(server, "check_channel_direct_tcpip_request", lambda *place: given_up.wait(60))
        options = ConnectOptions(attempts=1, connect_timeout=4, known_hosts=[known])
        with pytest.raises(ConnectError) as caught:
            ssh.connect(host(1, key=key, proxy_jump=f"{ME}@127.0.0.1:{port}"), options)
        given_up.set()
        assert str(caught.value) == (
            f"web1 ({ME}@127.0.0.1:1): the jump host 127.0.0.1 failed: Timeout opening channel."
        )


def test_what_fabric_made_takes_the_password_of_the_inventory(tmp_path: Path) -> None:
    with password_server(tmp_path) as (port, known, server):
        made = fabric.Connection("127.0.0.1", port=port, user=ME)
        ssh.close(ssh.adopt(made, ConnectOptions(attempts=1, known_hosts=[known]), password=PASSWORD))
        assert server.offered == [PASSWORD]


# The command line


def inventory(folder: Path, port: int, known: Path, count: int = 1) -> Path:
    kind, key = known.read_text().split()[1:3]
    body = f"{{ansible_host: 127.0.0.1, ansible_port: {port}, ansible_user: {ME}, host_key: {kind} {key}}}"
    names = "".join(f"    web{number + 1}: {body}\n" for number in range(count))
    return project(folder, f"web:\n  hosts:\n{names}")


def deploy_py(folder: Path, *words: str) -> list[str]:
    return [sys.executable, str(ROOT / "deploy.py"), "--project", str(folder), *words]


def test_ask_pass_asks_once_for_all_hosts_and_tells_nobody(tmp_path: Path) -> None:
    with password_server(tmp_path) as (port, known, server):
        folder = inventory(tmp_path / "project", port, known, count=2)
        words = deploy_py(folder, "provision", "web", "--check", "--forks", "1", "--ask-pass", "--debug")
        with TerminalProcess(words) as process:
            process.until("login password: ")
            process.type("wrong canary\n")
            assert process.end() == 1
        assert process.shown.count("login password: ") == 1
        assert process.shown.count("It was tried once, so that no account is locked.") >= 2
        assert "canary" not in process.shown
        assert server.offered == ["wrong canary"] * 2


def test_hosts_with_a_password_or_a_key_of_their_own_are_not_told_the_one_that_is_asked_for(tmp_path: Path) -> None:
    with password_server(tmp_path) as (port, known, server):
        folder = inventory(tmp_path / "project", port, known, count=3)
        own = {
            "web1": "ansible_password: own canary",
            "web2": f"ansible_private_key_file: {make_key(tmp_path / 'key')}",
        }
        for name, line in own.items():
            (folder / f"inventory/host_vars/{name}.yml").parent.mkdir(exist_ok=True)
            (folder / f"inventory/host_vars/{name}.yml").write_text(f"{line}\n")
        with TerminalProcess(deploy_py(folder, "facts", "web", "--ask-pass")) as process:
            process.until("login password: ")
            process.type("wrong canary\n")
            assert process.end() == 1
        assert sorted(server.offered) == ["own canary", "ssh-ed25519", "wrong canary"]
        with TerminalProcess(deploy_py(folder, "facts", "web1", "web2", "--ask-pass")) as process:
            assert process.end() == 1
        assert "--ask-pass: not asked, for the inventory has a key or a password for each of them" in process.shown


def test_who_is_root_or_has_one_is_not_asked_for_a_sudo_password(tmp_path: Path) -> None:
    from windlass.project import Project

    hosts = "web1: {ansible_user: root}, web2: {ansible_become: false}, web3: {ansible_become_password: own}"
    folder = project(tmp_path / "project", f"web: {{hosts: {{{hosts}, web4: }}}}")
    words = deploy_py(folder, "facts", "web1", "web2", "web3", "--ask-sudo-pass")
    with TerminalProcess(words) as process:
        assert process.end() == 1
    assert (
        "--ask-sudo-pass: not asked, for each of them is root without it, or has one in the inventory" in process.shown
    )
    wanting = [host.name for host in Project(folder).hosts(["web"], None, print) if host.connect.wants_become_password]
    assert wanting == ["web4"]


@pytest.mark.parametrize("option", ["--ask-pass", "--ask-sudo-pass"])
def test_without_a_terminal_nothing_is_asked(tmp_path: Path, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    from windlass.cli.cli import run

    project(tmp_path, "web: {hosts: {web1: }}")
    assert run(["--project", str(tmp_path), "status", "web1", option]) == 2
    assert capsys.readouterr().err == (
        f"error: {option}: nobody answers\n  It asks on a terminal; without one, log in by key.\n"
    )


def test_ctrl_c_at_the_question(tmp_path: Path) -> None:
    folder = project(tmp_path / "project", "web: {hosts: {web1: }}")
    with TerminalProcess(deploy_py(folder, "provision", "web", "--ask-pass")) as process:
        process.until("login password: ")
        process.type(CTRL_C)
        assert process.end() == 130
        assert process.echoes()
        assert "Traceback" not in process.shown


# Passphrases in a run over many hosts


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A project with four hosts, and the locked key that they all take; they run nothing."""
    key = make_key(tmp_path / "locked", passphrase="open sesame")
    with Sshd(tmp_path / "sshd", "ForceCommand exit 7") as server:
        (server.folder / "authorized_keys").write_text(public(key))
        folder = inventory(tmp_path / "project", server.port, server.known_hosts, count=4)
        (folder / "inventory/group_vars").mkdir()
        (folder / "inventory/group_vars/all.yml").write_text(f"ansible_private_key_file: {key}\n")
        yield folder, key


def test_one_question_for_many_hosts_and_no_live_lines_meanwhile(locked: tuple[Path, Path]) -> None:
    folder, key = locked
    question = f"Passphrase for {key}: "
    with TerminalProcess(deploy_py(folder, "provision", "web", "--check")) as process:
        process.until(question)
        assert process.silence(1) == ""
        process.type("wrong\n")
        process.until(question, times=2)
        assert process.silence(0.5) == ""
        process.type("open sesame\n")
        assert process.end() == 1
    assert process.shown.count(question) == 2
    assert process.shown.count("cannot start python3 on the host: exit status 7: it said nothing\n") == 4


def test_three_wrong_answers_are_enough_for_all_hosts(locked: tuple[Path, Path]) -> None:
    folder, key = locked
    with TerminalProcess(deploy_py(folder, "provision", "web", "--check")) as process:
        for times in range(1, 4):
            process.until("Passphrase for ", times=times)
            process.type("wrong\n")
        assert process.end() == 1
    assert process.shown.count("Passphrase for ") == 3
    assert process.shown.count(f"the key file {key} is not opened by that passphrase") == 4


def test_ctrl_c_at_a_passphrase_ends_the_run(locked: tuple[Path, Path]) -> None:
    folder, _ = locked
    with TerminalProcess(deploy_py(folder, "provision", "web", "--check")) as process:
        process.until("Passphrase for ")
        process.type(CTRL_C)
        assert process.end() == 130
        assert process.echoes()
    assert process.shown.count("interrupted before it began") == 4
    assert process.shown.count("Passphrase for ") == 1


def test_ctrl_c_at_a_passphrase_of_a_command_without_live_lines(locked: tuple[Path, Path]) -> None:
    folder, _ = locked
    with TerminalProcess(deploy_py(folder, "status", "web")) as process:
        process.until("Passphrase for ")
        assert not process.echoes()
        process.type(CTRL_C)
        assert process.end() == 130
        assert process.echoes()
