"""Logging in: which keys are offered in which order, with a real sshd and ssh-agent, and what a refusal says."""

from __future__ import annotations

import base64
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.sshd import ME, Sshd, agent, fingerprint, host, make_key
from windlass import connection as ssh
from windlass.connection import ConnectOptions
from windlass.errors import ConnectError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """An sshd as hardened ones are: three wrong keys, and it hangs up."""
    with Sshd(tmp_path_factory.mktemp("sshd"), "MaxAuthTries 3") as running:
        yield running


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with an empty .ssh, and no agent."""
    (tmp_path / ".ssh").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return tmp_path


def log_in(server: Sshd, key: Path | None = None, **connect: object) -> None:
    """Connect and close."""
    options = ConnectOptions(attempts=1, known_hosts=[server.known_hosts])
    ssh.close(ssh.connect(host(server.port, key=key, **connect), options))


def refusal(server: Sshd, key: Path | None = None, **connect: object) -> str:
    """What the refusal says, without the host it is about."""
    with pytest.raises(ConnectError) as caught:
        log_in(server, key, **connect)
    user = connect.get("user", ME)
    return str(caught.value).removeprefix(f"web1 ({user}@127.0.0.1:{server.port}): ")


ADVICE = (
    f"\n  Put your public key into the authorized_keys of {ME} there (ssh-copy-id), or set `ansible_user` or"
    " `ansible_ssh_private_key_file` in the inventory."
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
    with agent(tmp_path, make_key(tmp_path / "other"), server.key) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        log_in(server)


def test_a_named_key_file_is_offered_alone(server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the agent nor ~/.ssh helps out, though both have the right key: the inventory is wrong, and says so."""
    shutil.copy(server.key, tmp_path / ".ssh/id_ed25519")
    wrong = make_key(tmp_path / "wrong")
    with agent(tmp_path, server.key) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        assert refusal(server, wrong) == f"login refused; offered: {wrong} {fingerprint(wrong)}{ADVICE}"


def test_an_identity_file_of_ssh_config_goes_before_the_agents_keys(
    server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agent's four wrong keys would use up what the host allows."""
    (tmp_path / ".ssh/config").write_text(f"Host 127.0.0.1\n  IdentityFile {server.key}\n")
    with agent(tmp_path, *(make_key(tmp_path / f"wrong{number}") for number in range(4))) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        log_in(server)


def test_identities_only_keeps_the_agents_keys_back(
    server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = make_key(tmp_path / "wrong")
    (tmp_path / ".ssh/config").write_text(f"IdentitiesOnly yes\nIdentityFile {wrong}\n")
    with agent(tmp_path, server.key) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        assert refusal(server).startswith(f"login refused; offered: {wrong} {fingerprint(wrong)}\n")


# What a refusal says


def test_there_is_nothing_to_offer(server: Sshd) -> None:
    assert refusal(server) == f"login refused; offered: nothing; no agent{ADVICE}"


def test_nothing_fits(server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    default = make_key(tmp_path / ".ssh/id_rsa", "rsa")
    locked = make_key(tmp_path / ".ssh/id_ed25519", passphrase="secret")
    wrong = make_key(tmp_path / "wrong")
    with agent(tmp_path, wrong) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        assert refusal(server) == (
            f"login refused; offered: the agent's wrong {fingerprint(wrong)}, {default} {fingerprint(default)};"
            f" not usable: {locked} (needs its passphrase){ADVICE}"
        )


def test_an_empty_agent_is_mentioned(server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with agent(tmp_path) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        assert refusal(server) == f"login refused; offered: nothing; the agent has no keys{ADVICE}"


def test_the_wrong_user(server: Sshd) -> None:
    said = refusal(server, server.key, user="nobody-here")
    assert said.startswith(f"login refused; offered: {server.key} {fingerprint(server.key)}\n")
    assert "the authorized_keys of nobody-here there" in said


def test_too_many_keys(server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = [make_key(tmp_path / f"wrong{number}") for number in range(4)]
    with agent(tmp_path, *wrong, server.key) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        offered = ", ".join(f"the agent's {key.name} {fingerprint(key)}" for key in wrong[:3])
        assert refusal(server) == (
            f"login refused; offered: {offered}; the host hung up: Too many authentication failures\n"
            "  Name one key: `ansible_ssh_private_key_file` in the inventory, or IdentityFile in ~/.ssh/config."
        )


def test_a_host_that_takes_no_keys(tmp_path: Path) -> None:
    with Sshd(tmp_path / "sshd", "PubkeyAuthentication no", "PasswordAuthentication yes") as server:
        assert "; the host takes only password" in refusal(server, server.key)


def test_a_host_that_wants_more_than_a_key(tmp_path: Path) -> None:
    settings = ("AuthenticationMethods publickey,password", "PasswordAuthentication yes")
    with Sshd(tmp_path / "sshd", *settings) as server:
        assert "; that was taken, but the host also wants password" in refusal(server, server.key)


# Key files that cannot be used


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (None, 0, "does not exist"),
        ("hello\n", 0o600, "is no private key"),
        ("hello\n", 0o644, "is open to others (mode 0644)\n  chmod 600 {path}"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", 0o600, "is damaged"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
            0o600,
            "cannot be loaded, it is damaged",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            0o600,
            "is not in a format ssh uses\n  ssh-keygen -p -f {path} converts it.",
        ),
    ],
)
def test_a_key_file_that_is_none(tmp_path: Path, content: str | None, mode: int, said: str) -> None:
    """It is refused before the host is even called: nothing listens there."""
    path = tmp_path / "key"
    if content is not None:
        path.write_text(content)
        path.chmod(mode)
    with pytest.raises(ConnectError) as caught:
        ssh.connect(host(1, key=path))
    assert str(caught.value).startswith(f"web1 ({ME}@127.0.0.1:1): the key file {path} {said.format(path=path)}")


def test_the_public_key_named_by_mistake(server: Sshd) -> None:
    path = Path(f"{server.key}.pub")
    path.chmod(0o600)
    assert refusal(server, path) == (
        f"the key file {path} is a public key\n  Name the private key: the same path, most often, without .pub."
    )


def test_a_key_file_that_cannot_be_read(server: Sshd, tmp_path: Path) -> None:
    assert refusal(server, tmp_path) == f"the key file {tmp_path} cannot be read: Is a directory"


def test_a_key_of_a_type_that_nothing_knows(server: Sshd, tmp_path: Path) -> None:
    path = make_key(tmp_path / "key")
    lines = path.read_text().splitlines()
    packed = base64.b64decode("".join(lines[1:-1])).replace(b"ssh-ed25519", b"ssh-ed25518")
    path.write_text("\n".join([lines[0], base64.b64encode(packed).decode(), lines[-1], ""]))
    assert refusal(server, path) == f"the key file {path} is of the type ssh-ed25518, which paramiko cannot use"


# Passphrases


@pytest.fixture
def locked(server: Sshd, tmp_path: Path) -> Path:
    """The right key, with the passphrase `open sesame`."""
    path = Path(shutil.copy(server.key, tmp_path / "locked"))
    subprocess.run(
        ["ssh-keygen", "-q", "-p", "-P", "", "-N", "open sesame", "-f", path], check=True, capture_output=True
    )
    return path


def test_a_locked_key_without_a_terminal(server: Sshd, locked: Path) -> None:
    assert refusal(server, locked) == (
        f"the key file {locked} needs its passphrase\n  Load it into the agent (ssh-add), or run on a terminal."
    )


def test_a_locked_key_that_the_agent_has_open(
    server: Sshd, locked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = [make_key(tmp_path / f"wrong{number}") for number in range(4)]
    with agent(tmp_path, *wrong, server.key) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        log_in(server, locked)


SCRIPT = """
import sys
from pathlib import Path
from tests.sshd import host
from windlass import connection as ssh
from windlass.errors import ConnectError
try:
    for _ in range(2):  # the second time without a question
        options = ssh.ConnectOptions(known_hosts=[Path(sys.argv[2])])
        ssh.close(ssh.connect(host(int(sys.argv[1]), key=Path(sys.argv[3])), options))
    print("logged in")
except ConnectError as error:
    print(error)
"""


def on_terminal(server: Sshd, key: Path, answers: list[str]) -> str:
    """Log in from a process with a terminal that types these answers to the questions; what the terminal showed."""
    command = [sys.executable, "-c", SCRIPT, str(server.port), str(server.known_hosts), str(key)]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, command)
    shown = ""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 1)[0]:
            try:
                shown += os.read(terminal, 4096).decode()
            except OSError:  # the process ended
                break
        if answers and shown.count("Passphrase for ") > shown.count("\n") and shown.endswith(": "):
            os.write(terminal, f"{answers.pop(0)}\n".encode())
    os.close(terminal)
    os.waitpid(pid, 0)
    return shown.replace("\r\n", "\n")


def test_the_passphrase_is_asked_for_once_on_a_terminal(server: Sshd, locked: Path) -> None:
    question = f"Passphrase for {locked}: \n"
    assert on_terminal(server, locked, ["wrong", "open sesame"]) == f"{question}{question}logged in\n"


def test_a_wrong_passphrase_is_an_error_after_three(server: Sshd, locked: Path) -> None:
    question = f"Passphrase for {locked}: \n"
    assert on_terminal(server, locked, ["a", "b", "c"]) == (
        f"{question * 3}web1 ({ME}@127.0.0.1:{server.port}): the key file {locked} is not opened by that passphrase\n"
        "  Load it into the agent (ssh-add).\n"
    )
