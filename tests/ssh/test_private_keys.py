"""Private key files: what makes one unusable, and passphrases, asked for on a real terminal."""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ssh.logins import log_in, refusal
from tests.ssh.sshd import ME, Sshd, agent, host, make_key, options
from tests.terminal_process import TerminalProcess
from windlass.errors import ConnectError
from windlass.ssh import connection as ssh
from windlass.ssh.private_keys import KeyFile, UnusableKey, _loaded

ANOTHER = "\n  Name another key: `ansible_ssh_private_key_file` in the inventory."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "does not exist" + ANOTHER),
        ("hello\n", "is no private key" + ANOTHER),
        ("ssh-ed25519\n", "is damaged" + ANOTHER),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", "is damaged" + ANOTHER),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
            "is damaged, or in a form that paramiko does not read" + ANOTHER,
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "is damaged, or in a form that paramiko does not read" + ANOTHER,
        ),
        (
            "-----BEGIN DSA PRIVATE KEY-----\nAAAA\n-----END DSA PRIVATE KEY-----\n",
            "is not in a format ssh uses\n  ssh-keygen -p -f {path} converts it.",
        ),
    ],
)
def test_a_key_file_that_is_none(tmp_path: Path, content: str | None, said: str) -> None:
    """It is refused before the host is even called: nothing listens there."""
    path = tmp_path / "key"
    if content is not None:
        path.write_text(content)
        path.chmod(0o600)
    with pytest.raises(ConnectError) as caught:
        ssh.connect(host(1, key=path))
    assert str(caught.value) == f"web1 ({ME}@127.0.0.1:1): the key file {path} {said.format(path=path)}"


def pkcs8(path: Path, *kind: str, passphrase: str = "") -> Path:
    """A key as OpenSSL writes it."""
    lock = ["-aes256", "-pass", f"pass:{passphrase}"] if passphrase else []
    subprocess.run(["openssl", "genpkey", "-quiet", "-out", path, "-algorithm", *kind, *lock], check=True)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("kind", [("RSA",), ("EC", "-pkeyopt", "ec_paramgen_curve:P-384"), ("ED25519",)])
@pytest.mark.parametrize("passphrase", ["", "open sesame"])
def test_a_key_as_openssl_writes_it(tmp_path: Path, kind: tuple[str, ...], passphrase: str) -> None:
    path = pkcs8(tmp_path / "key", *kind, passphrase=passphrase)
    with Sshd(tmp_path / "sshd") as server:
        key = KeyFile(path).load(passphrase or None)
        (server.folder / "authorized_keys").write_text(f"{key.get_name()} {key.get_base64()}\n")
        asked: list[str] = []
        given = options(server, ask=lambda question: asked.append(question) or passphrase)
        _loaded.clear()
        ssh.close(ssh.connect(host(server.port, key=path), given))
        assert asked == ([f"Passphrase for {path}: "] if passphrase else [])


def test_a_key_of_openssl_that_is_none_of_ssh(server: Sshd, tmp_path: Path) -> None:
    path = pkcs8(tmp_path / "key", "X25519")
    assert refusal(server, path) == f"the key file {path} is of the type X25519, which SSH cannot use{ANOTHER}"


def test_a_private_key_that_others_can_read(server: Sshd, tmp_path: Path) -> None:
    path = make_key(tmp_path / "key")
    path.chmod(0o644)
    assert refusal(server, path) == f"the key file {path} is open to others (mode 0644)\n  chmod 600 {path}"


@settings(database=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    content=st.binary(max_size=200),
    kind=st.sampled_from(["OPENSSH", "RSA", "EC", "ENCRYPTED", ""]),
    cut=st.integers(0, 400),
)
def test_any_content_is_a_key_or_unusable(tmp_path: Path, content: bytes, kind: str, cut: int) -> None:
    real = tmp_path / "real"
    if not real.exists():
        make_key(real)
    whole = real.read_bytes()
    armoured = f"-----BEGIN {kind} PRIVATE KEY-----\n".encode() + base64.b64encode(content) + b"\n-----END\n"
    path = tmp_path / "key"
    path.touch(mode=0o600)
    for variant in (content, armoured, b"ssh-ed25519 " + content, whole[:cut], whole[:cut] + content + whole[cut:]):
        path.write_bytes(variant)
        try:
            KeyFile(path).load()
        except UnusableKey:
            continue
        _loaded.clear()


def test_the_public_key_named_by_mistake(server: Sshd) -> None:
    path = Path(f"{server.key}.pub")
    path.chmod(0o600)
    assert refusal(server, path) == (
        f"the key file {path} is a public key\n  Name the private key: the same path, most often, without .pub."
    )


def test_a_key_file_that_cannot_be_read(server: Sshd, tmp_path: Path) -> None:
    assert refusal(server, tmp_path) == f"the key file {tmp_path} cannot be read: Is a directory{ANOTHER}"


def test_a_key_of_a_type_that_nothing_knows(server: Sshd, tmp_path: Path) -> None:
    path = make_key(tmp_path / "key")
    lines = path.read_text().splitlines()
    packed = base64.b64decode("".join(lines[1:-1])).replace(b"ssh-ed25519", b"ssh-ed25518")
    path.write_text("\n".join([lines[0], base64.b64encode(packed).decode(), lines[-1], ""]))
    assert (
        refusal(server, path) == f"the key file {path} is of the type ssh-ed25518, which paramiko cannot use{ANOTHER}"
    )


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
from tests.ssh.sshd import host
from windlass.ssh import connection as ssh
from windlass.ssh.options import ConnectOptions
from windlass.errors import ConnectError
from windlass.ssh.private_keys import KeyFile, UnusableKey, _loaded
try:
    for _ in range(2):  # the second time without a question
        options = ConnectOptions(known_hosts=[Path(sys.argv[2])])
        ssh.close(ssh.connect(host(int(sys.argv[1]), key=Path(sys.argv[3])), options))
    print("logged in")
except ConnectError as error:
    print(error)
"""


def on_terminal(server: Sshd, key: Path, answers: list[str]) -> str:
    """Log in from a process with a terminal that types these answers to the questions; what the terminal showed."""
    command = [sys.executable, "-c", SCRIPT, str(server.port), str(server.known_hosts), str(key)]
    with TerminalProcess(command) as process:
        for count, answer in enumerate(answers, 1):
            process.until("Passphrase for ", times=count)
            process.type(f"{answer}\n")
        process.end()
    return process.shown


def test_the_passphrase_is_asked_for_once_on_a_terminal(server: Sshd, locked: Path) -> None:
    question = f"Passphrase for {locked}: \n"
    assert on_terminal(server, locked, ["wrong", "open sesame"]) == f"{question}{question}logged in\n"


def test_a_wrong_passphrase_is_an_error_after_three(server: Sshd, locked: Path) -> None:
    question = f"Passphrase for {locked}: \n"
    assert on_terminal(server, locked, ["a", "b", "c"]) == (
        f"{question * 3}web1 ({ME}@127.0.0.1:{server.port}): the key file {locked} is not opened by that passphrase\n"
        "  Load it into the agent (ssh-add).\n"
    )
