"""Keys that open secrets: age identities, SSH keys, passphrases asked for on a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyrage
import pytest

from tests.lab.commands import ROOT
from tests.secrets import quick_age
from tests.secrets.projects import new_identity
from tests.secrets.terminal import on_a_terminal
from windlass.errors import InventoryError, UsageError
from windlass.secrets import age
from windlass.secrets.keyring import Keyring
from windlass.secrets.recipients import Recipients


def sealed_to(*lines: str) -> bytes:
    Path("recipients.txt").write_text("\n".join(lines))
    return Keyring().seal(b"content", Recipients.read(Path.cwd() / "recipients.txt"))


def ssh_key(home: Path, name: str, passphrase: str = "") -> str:
    """A new key of the user's; gives back the public part."""
    path = home / ".ssh" / name
    kind = name.removeprefix("id_")
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-f", path], check=True)
    return path.with_name(f"{name}.pub").read_text()


def stranger() -> str:
    return str(pyrage.x25519.Identity.generate().to_public())


COLLEAGUE = (
    "  Somebody who can open it adds your public key (secrets init tells it) to inventory/secrets/recipients.txt and"
    " runs: ./deploy.py secrets rekey. Another key of yours: WINDLASS_IDENTITY=FILE"
)


def refusal(sealed: bytes) -> str:
    """Why a file cannot be opened."""
    with pytest.raises(InventoryError) as raised:
        Keyring().open(sealed, "f")
    return str(raised.value)


@pytest.mark.parametrize("name", ["id_ed25519", "id_rsa"])
def test_ssh_keys(home: Path, name: str) -> None:
    sealed = sealed_to(stranger(), ssh_key(home, name))
    assert Keyring().open(sealed, "f") == b"content"
    argv = ["age", "-d", "-i", str(home / ".ssh" / name)]
    assert subprocess.run(argv, input=sealed, capture_output=True, check=True).stdout == b"content"


def test_own_identity_beside_ssh_keys(home: Path) -> None:
    ssh_key(home, "id_ed25519")
    assert Keyring().open(sealed_to(str(new_identity(home).to_public())), "f") == b"content"


def test_the_variable_names_the_only_key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, ci = new_identity(home), pyrage.x25519.Identity.generate()
    Path("ci.txt").write_text(f"# public key: {ci.to_public()}\n{ci}\n")
    Path("ci.txt").chmod(0o600)
    monkeypatch.setenv("WINDLASS_IDENTITY", "ci.txt")
    assert Keyring().open(sealed_to(str(ci.to_public())), "f") == b"content"
    assert refusal(sealed_to(str(mine.to_public()))) == f"f: none of your keys opens it; tried: ci.txt\n{COLLEAGUE}"
    monkeypatch.setenv("WINDLASS_IDENTITY", "nosuch.txt")
    with pytest.raises(UsageError, match=r"^WINDLASS_IDENTITY names 'nosuch.txt', and there is no such file$"):
        Keyring().open(sealed_to(stranger()), "f")


def test_no_key_fits(home: Path) -> None:
    sealed = sealed_to(stranger())
    assert refusal(sealed) == f"f: none of your keys opens it; tried: nothing, there is none\n{COLLEAGUE}"
    new_identity(home)
    ssh_key(home, "id_rsa", "never asked for")
    own = f"{home}/.config/windlass/identity.txt, {home}/.ssh/id_rsa"
    assert refusal(sealed) == f"f: none of your keys opens it; tried: {own}\n{COLLEAGUE}"


def test_key_files_that_are_none(home: Path) -> None:
    sealed = sealed_to(stranger())
    file = home / ".config/windlass/identity.txt"
    new_identity(home)
    file.chmod(0o644)
    assert refusal(sealed) == f"{file}: is open to others (mode 0644)\n  chmod 600 {file}"
    file.chmod(0o600)
    file.write_text("hidden\n")
    assert refusal(sealed) == (
        f"{file}: is neither an age identity (AGE-SECRET-KEY-1...) nor an SSH key of ed25519 or RSA"
    )
    file.write_text("# hidden\n")
    assert refusal(sealed) == f"{file}: there is no key in it\n  age-keygen makes one."


def pem(home: Path, name: str, passphrase: str) -> None:
    """Puts a key of the user's into the form of old programs."""
    argv = ["ssh-keygen", "-q", "-p", "-m", "PEM", "-P", "", "-N", passphrase, "-f", home / ".ssh" / name]
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)


def spoil(home: Path, how: str) -> str:
    """Makes an SSH key that cannot be used; gives back what is said of it."""
    path = home / ".ssh/id_rsa"
    kind = {"ECDSA": "ecdsa", "PEM": "rsa"}.get(how, "ed25519")
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", path], check=True)
    if how == "ECDSA":
        return f"{path}: is neither an age identity (AGE-SECRET-KEY-1...) nor an SSH key of ed25519 or RSA"
    if how == "open":
        path.chmod(0o644)
        return f"{path}: is open to others (mode 0644)\n  chmod 600 {path}"
    if how == "PEM":
        pem(home, "id_rsa", "hunter2")
    else:
        path.write_text(f"-----BEGIN {how} PRIVATE KEY-----\nAAAA\n-----END {how} PRIVATE KEY-----\n")
    return f"{path}: is in a form that age cannot open\n  ssh-keygen -p -f {path} writes it in one that it can."


WAYS = ["open", "PEM", "ECDSA", "DSA"]


@pytest.mark.parametrize("how", WAYS)
def test_an_ssh_key_that_cannot_be_used_stands_in_no_others_way(home: Path, how: str) -> None:
    message = spoil(home, how)
    assert refusal(sealed_to(stranger())) == (
        f"f: none of your keys opens it; tried: nothing, there is none\n{message}\n{COLLEAGUE}"
    )
    mine = sealed_to(str(new_identity(home).to_public()))
    assert Keyring().open(mine, "f") == b"content"
    (home / ".config/windlass/identity.txt").unlink()
    assert Keyring().open(sealed_to(ssh_key(home, "id_ed25519")), "f") == b"content"


def test_a_key_that_cannot_be_used_and_is_the_only_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    message = spoil(home, "PEM")
    monkeypatch.setenv("WINDLASS_IDENTITY", str(home / ".ssh/id_rsa"))
    assert refusal(sealed_to(stranger())) == message


def test_a_key_of_the_old_form_without_a_passphrase(home: Path) -> None:
    sealed = sealed_to(ssh_key(home, "id_rsa"))
    pem(home, "id_rsa", "")
    assert Keyring().open(sealed, "f") == b"content"


PROTECTED = quick_age.sealed_with(b"content", "hunter2")
OPEN = """
import sys
from pathlib import Path
from windlass.errors import WindlassError
from windlass.secrets.keyring import Keyring
keyring = Keyring()
try:
    for name in sys.argv[1:]:
        print("opened", keyring.open(Path(name).read_bytes(), name))
except WindlassError as error:
    print("refused", error)
"""


def test_a_locked_ssh_key_is_unlocked_once_and_only_if_it_fits(home: Path) -> None:
    sealed = sealed_to(ssh_key(home, "id_ed25519", "hunter2"))
    ssh_key(home, "id_rsa", "another")
    Path("one").write_bytes(sealed)
    Path("two").write_bytes(sealed)
    said = on_a_terminal(OPEN, "one", "two", answers=["wrong", "hunter2"])
    assert said.count("opened b'content'") == 2
    assert said.count(f"Passphrase of {home}/.ssh/id_ed25519: ") == 2
    assert "id_rsa" not in said
    assert "hunter2" not in said
    said = on_a_terminal(OPEN, "one", answers=["wrong"] * 5)
    assert "id_ed25519: is not opened by that passphrase" in said
    assert said.count("Passphrase of") == 3


def test_a_passphrase_is_asked_for_once() -> None:
    Path("one").write_bytes(PROTECTED)
    Path("two").write_bytes(PROTECTED)
    said = on_a_terminal(OPEN, "one", "two", answers=["hunter2"])
    assert said.count("opened b'content'") == 2
    assert said.count("Passphrase of one: ") == said.count("Passphrase of") == 1
    assert "hunter2" not in said
    assert "refused one: is not opened by that passphrase" in on_a_terminal(OPEN, "one", answers=["wrong"] * 3)


def test_what_is_protected_by_a_passphrase_is_opened_by_it() -> None:
    """At what it costs in production: a second each time."""
    sealed = age.sealed_with(b"content", "hunter2")
    assert age.opened_with(sealed, "hunter2") == b"content"


def test_without_a_terminal_nothing_is_asked() -> None:
    Path("one").write_bytes(PROTECTED)
    said = subprocess.run(
        [sys.executable, "-c", OPEN, "one"], cwd=Path.cwd(), capture_output=True, text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert said.stdout == (
        "refused Passphrase of one is needed, and there is no terminal to ask on\n"
        "  Without one, use a key that has no passphrase: WINDLASS_IDENTITY=FILE\n"
    )
    assert said.stderr == ""
