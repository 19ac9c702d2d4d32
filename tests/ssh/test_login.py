"""Logging in: which keys are offered in which order, with a real sshd and ssh-agent, and what a refusal says."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ssh.logins import log_in, refusal
from tests.ssh.sshd import ME, Sshd, agent, fingerprint, listening, make_key

if TYPE_CHECKING:
    pass


ADVICE = (
    f"\n  Put your public key into the authorized_keys of {ME} there (ssh-copy-id), or set `ansible_user` or"
    " `ansible_ssh_private_key_file` in the inventory."
)
ASK_PASS = "With --ask-pass, Windlass asks for the password and gives it."
NOT_WITH_A_KEY = (
    "Where it takes a password: --ask-pass gives one to hosts for which the inventory names no key; take"
    " `ansible_ssh_private_key_file` away from this one, or give it a password of its own (`ansible_password`)."
)


# What is offered


def test_a_default_key_is_found(server: Sshd, home: Path) -> None:
    shutil.copy(server.key, home / ".ssh/id_ed25519")
    log_in(server)


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_other_kinds_of_keys_work(tmp_path: Path, kind: str) -> None:
    with Sshd(tmp_path / "sshd") as server:
        key = make_key(tmp_path / kind, kind)
        shutil.copy(f"{key}.pub", server.folder / "authorized_keys")
        log_in(server, key)


def test_the_agent_is_asked(server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with agent(tmp_path, make_key(tmp_path / "other"), server.key) as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", path)
        log_in(server)


@pytest.mark.parametrize("said", ["%d/agent.sock", "~/agent.sock", "$OUR_AGENT", "${OUR_AGENT}"])
def test_the_agent_that_ssh_config_names(
    server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    (tmp_path / ".ssh/config").write_text(f"IdentityAgent {said}\n")
    with agent(tmp_path, server.key) as path:
        monkeypatch.setenv("OUR_AGENT", path)
        log_in(server)
    assert refusal(server) == (
        f"login refused; offered: nothing; not usable: the agent ([Errno 2] No such file or directory){ADVICE}"
    )


def test_no_agent_at_all_on_demand(server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".ssh/config").write_text("IdentityAgent none\n")
    with agent(tmp_path, server.key) as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", path)
        assert refusal(server) == f"login refused; offered: nothing{ADVICE}"


def test_a_named_key_file_is_offered_alone(server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the agent nor ~/.ssh helps out, though both have the right key: the inventory is wrong, and says so."""
    shutil.copy(server.key, tmp_path / ".ssh/id_ed25519")
    wrong = make_key(tmp_path / "wrong")
    with agent(tmp_path, server.key) as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", path)
        assert refusal(server, wrong) == f"login refused; offered: {wrong} {fingerprint(wrong)}{ADVICE}"


def test_an_identity_file_of_ssh_config_goes_before_the_agents_keys(
    server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agent's four wrong keys would use up what the host allows."""
    (tmp_path / ".ssh/config").write_text(f"Host 127.0.0.1\n  IdentityFile {server.key}\n")
    with agent(tmp_path, *(make_key(tmp_path / f"wrong{number}") for number in range(4))) as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", path)
        log_in(server)


def test_identities_only_keeps_the_agents_keys_back(
    server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = make_key(tmp_path / "wrong")
    (tmp_path / ".ssh/config").write_text(f"IdentitiesOnly yes\nIdentityFile {wrong}\n")
    with agent(tmp_path, server.key) as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", path)
        assert refusal(server) == f"login refused; offered: {wrong} {fingerprint(wrong)}{ADVICE}"


def test_a_public_key_says_which_of_the_agents_keys(
    server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = [make_key(tmp_path / f"wrong{number}") for number in range(4)]
    with agent(tmp_path, *wrong, server.key) as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", path)
        log_in(server, Path(f"{server.key}.pub"))
        (tmp_path / ".ssh/config").write_text(f"IdentitiesOnly yes\nIdentityFile {server.key}.pub\n")
        log_in(server)


# What a refusal says


def test_there_is_nothing_to_offer(server: Sshd) -> None:
    assert refusal(server) == f"login refused; offered: nothing; no agent{ADVICE}"


def test_a_host_that_takes_passwords_as_well(tmp_path: Path) -> None:
    wrong = make_key(tmp_path / "wrong")
    with Sshd(tmp_path / "sshd", "PasswordAuthentication yes") as server:
        for key, offered, way in (
            (None, "nothing; no agent", ASK_PASS),
            (wrong, f"{wrong} {fingerprint(wrong)}", NOT_WITH_A_KEY),
        ):
            assert refusal(server, key) == f"login refused; offered: {offered}{ADVICE} {way}"


def test_nothing_fits(server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    default = make_key(tmp_path / ".ssh/id_rsa", "rsa")
    locked = make_key(tmp_path / ".ssh/id_ed25519", passphrase="secret")
    wrong = make_key(tmp_path / "wrong")
    with agent(tmp_path, wrong) as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", path)
        assert refusal(server) == (
            f"login refused; offered: the agent's wrong {fingerprint(wrong)}, {default} {fingerprint(default)};"
            f" not usable: {locked} (needs its passphrase){ADVICE}"
        )


def test_an_empty_agent_is_mentioned(server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with agent(tmp_path) as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", path)
        assert refusal(server) == f"login refused; offered: nothing; the agent has no keys{ADVICE}"


def test_the_wrong_user(server: Sshd) -> None:
    said = refusal(server, server.key, user="nobody-here")
    advice = ADVICE.replace(f"authorized_keys of {ME}", "authorized_keys of nobody-here")
    assert said == f"login refused; offered: {server.key} {fingerprint(server.key)}{advice}"


def test_an_agent_that_will_not_sign(server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would ask the user first, and nobody is there to be asked."""
    with agent(tmp_path) as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", path)
        monkeypatch.setenv("SSH_ASKPASS", "/bin/false")
        subprocess.run(["ssh-add", "-q", "-c", server.key], check=True, stdin=subprocess.DEVNULL, capture_output=True)
        assert refusal(server) == (
            f"login refused; offered: the agent's {server.key.name} {fingerprint(server.key)};"
            " the last one cannot be used: key cannot be used for signing\n"
            "  Name another key: `ansible_ssh_private_key_file` in the inventory."
        )


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paramiko leaves its socket open
def test_an_agent_that_speaks_nonsense(server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "agent.sock"
    monkeypatch.setenv("SSH_AUTH_SOCK", str(path))

    def answer(wire: socket.socket) -> None:
        while wire.recv(4096):
            wire.sendall((1).to_bytes(4, "big") + b"\x05")  # SSH_AGENT_FAILURE

    with listening(answer, path):
        said = refusal(server)
    assert said == (
        f"login refused; offered: nothing; not usable: the agent (could not get keys from ssh-agent){ADVICE}"
    )


def test_too_many_keys(server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = [make_key(tmp_path / f"wrong{number}") for number in range(4)]
    with agent(tmp_path, *wrong, server.key) as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", path)
        offered = ", ".join(f"the agent's {key.name} {fingerprint(key)}" for key in wrong[:3])
        assert refusal(server) == (
            f"login refused; offered: {offered}; the host hung up: Too many authentication failures\n"
            "  Name one key: `ansible_ssh_private_key_file` in the inventory, or IdentityFile in ~/.ssh/config."
        )


def test_a_host_that_takes_no_keys(tmp_path: Path) -> None:
    settings = ("PubkeyAuthentication no", "PasswordAuthentication yes", "KbdInteractiveAuthentication no")
    with Sshd(tmp_path / "sshd", *settings) as server:
        assert refusal(server, server.key) == (
            f"login refused; offered: {server.key} {fingerprint(server.key)}; the host takes only password\n"
            f"  {NOT_WITH_A_KEY}"
        )


def test_a_host_that_wants_more_than_a_key(tmp_path: Path) -> None:
    settings = ("AuthenticationMethods publickey,password", "PasswordAuthentication yes")
    with Sshd(tmp_path / "sshd", *settings) as server:
        assert refusal(server, server.key) == (
            f"login refused; offered: {server.key} {fingerprint(server.key)}; that was taken, but the host also wants"
            f" password\n  {NOT_WITH_A_KEY}"
        )
