"""Keys that open secrets: age identities, SSH keys, passphrases asked for on a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyrage
import pytest

from tests.lab.commands import ROOT
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
    with pytest.raises(InventoryError, match=r"^f: none of your keys opens it; tried: ci.txt\n"):
        Keyring().open(sealed_to(str(mine.to_public())), "f")
    monkeypatch.setenv("WINDLASS_IDENTITY", "nosuch.txt")
    with pytest.raises(UsageError, match=r"^WINDLASS_IDENTITY names 'nosuch.txt', and there is no such file$"):
        Keyring().open(sealed_to(stranger()), "f")


def test_no_key_fits(home: Path) -> None:
    sealed = sealed_to(stranger())
    with pytest.raises(InventoryError, match="tried: nothing, there is none"):
        Keyring().open(sealed, "f")
    new_identity(home)
    ssh_key(home, "id_rsa", "never asked for")
    with pytest.raises(InventoryError) as raised:
        Keyring().open(sealed, "f")
    assert f"tried: {home}/.config/windlass/identity.txt, {home}/.ssh/id_rsa" in str(raised.value)
    assert "recipients.txt" in str(raised.value)


def test_key_files_that_are_none(home: Path) -> None:
    sealed = sealed_to(stranger())
    file = home / ".config/windlass/identity.txt"
    new_identity(home)
    file.chmod(0o644)
    with pytest.raises(InventoryError, match=r"identity.txt: is open to others \(mode 0644\)\n  chmod 600 "):
        Keyring().open(sealed, "f")
    file.chmod(0o600)
    for content, message in (("hidden\n", "is neither an age identity"), ("# hidden\n", "there is no key in it")):
        file.write_text(content)
        with pytest.raises(InventoryError) as raised:
            Keyring().open(sealed, "f")
        assert message in str(raised.value)
        assert "hidden" not in str(raised.value)


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


WAYS = ["open", "PEM", "ECDSA", "ENCRYPTED"]


@pytest.mark.parametrize("how", WAYS)
def test_an_ssh_key_that_cannot_be_used_stands_in_no_others_way(home: Path, how: str) -> None:
    message = spoil(home, how)
    with pytest.raises(InventoryError) as raised:
        Keyring().open(sealed_to(stranger()), "f")
    assert str(raised.value).startswith(f"f: none of your keys opens it; tried: nothing, there is none\n{message}\n  ")
    mine = sealed_to(str(new_identity(home).to_public()))
    assert Keyring().open(mine, "f") == b"content"
    (home / ".config/windlass/identity.txt").unlink()
    assert Keyring().open(sealed_to(ssh_key(home, "id_ed25519")), "f") == b"content"


def test_a_key_that_cannot_be_used_and_is_the_only_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    message = spoil(home, "PEM")
    monkeypatch.setenv("WINDLASS_IDENTITY", str(home / ".ssh/id_rsa"))
    with pytest.raises(InventoryError) as raised:
        Keyring().open(sealed_to(stranger()), "f")
    assert str(raised.value) == message


def test_a_key_of_the_old_form_without_a_passphrase(home: Path) -> None:
    sealed = sealed_to(ssh_key(home, "id_rsa"))
    pem(home, "id_rsa", "")
    assert Keyring().open(sealed, "f") == b"content"


PROTECTED = age.sealed_with(b"content", "hunter2")  # takes a second, as scrypt shall
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


def test_without_a_terminal_nothing_is_asked() -> None:
    Path("one").write_bytes(PROTECTED)
    said = subprocess.run(
        [sys.executable, "-c", OPEN, "one"], cwd=Path.cwd(), capture_output=True, text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert said.stdout.startswith("refused Passphrase of one is needed, and there is no terminal to ask on\n")
    assert said.stderr == ""
