"""recipients.txt: who can open the secrets, and lines that are no key."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pyrage
import pytest

from windlass.errors import InventoryError
from windlass.secrets.recipients import Recipients

AGE = str(pyrage.x25519.Identity.generate().to_public())


def read(text: str) -> Recipients:
    Path("recipients.txt").write_text(text)
    return Recipients.read(Path.cwd() / "recipients.txt")


def complaint(text: str) -> str:
    with pytest.raises(InventoryError) as raised:
        read(text)
    return str(raised.value)


def new_key(kind: str) -> str:
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", kind], check=True)
    return Path(f"{kind}.pub").read_text()


def test_keys_and_comments() -> None:
    found = read(f"# ours\n\n{AGE}\n{new_key('ed25519')}{new_key('rsa')}")
    assert found.keys is not None
    assert len(found.keys) == 3


def test_the_word_passphrase() -> None:
    assert read("# all know it\npassphrase\n").keys is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("hello", "'hello' is not an age key (age1...) or an SSH public key (ssh-ed25519 or ssh-rsa)"),
        (
            "age1pq1qqqq",
            (
                "'age1pq1qqqq' is a post-quantum key, which age 1.3 has, and the library that"
                " Windlass seals and opens with"
                " has not yet. `age-keygen` without options makes a key that it takes (age1...), and"
                " so does an SSH key of"
                " ed25519 or RSA."
            ),
        ),
        (
            "age1yubikey1qqqq",
            (
                "'age1yubikey1qqqq' is a key of the plugin age-plugin-yubikey, which Windlass does"
                " not run. `age-keygen`"
                " without options makes a key that it takes (age1...), and so does an SSH key of ed25519 or RSA."
            ),
        ),
        pytest.param(AGE[:-1], f"'{AGE[:40]}...' is no whole age key", id="a cut age key"),
        ("ssh-ed25519 AAAA", "'ssh-ed25519 AAAA' is no whole ssh-ed25519 key"),
        (
            "ecdsa-sha2-nistp256 AAAA",
            "age cannot seal to an SSH key of the type ecdsa-sha2-nistp256; it takes ssh-ed25519 and ssh-rsa",
        ),
        (
            "passphrase",
            "the word 'passphrase' stands alone: age seals to keys or with a passphrase, not to both",
        ),
    ],
)
def test_lines_that_are_no_key(line: str, message: str) -> None:
    assert complaint(f"{AGE}\n{line}\n") == f"recipients.txt:2: {message}"


def test_an_rsa_key_that_is_too_short() -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "1024", "-N", "", "-f", "short"], check=True)
    line = Path("short.pub").read_text()
    assert complaint(line) == (
        f"recipients.txt:1: '{line[:40]}...' is too short: age wants RSA keys of 2048 bits or more"
    )


def test_a_private_key_is_not_shown() -> None:
    private = str(pyrage.x25519.Identity.generate())
    assert complaint(f"{private}\n") == (
        "recipients.txt:1: this is a private key, and the file is committed: remove it, and make a new one"
        " (whoever has seen this one opens everything)"
    )


def test_a_folder_in_its_place() -> None:
    Path("recipients.txt").mkdir()
    with pytest.raises(InventoryError) as raised:
        Recipients.read(Path.cwd() / "recipients.txt")
    assert str(raised.value) == "recipients.txt: cannot be read: Is a directory"


def test_nobody() -> None:
    assert complaint("# nobody\n") == (
        "recipients.txt: lists no key, so nobody could open a secret; add"
        " an age key (age1...) or an SSH public key (ssh-ed25519 or ssh-rsa)"
    )
    with pytest.raises(InventoryError) as raised:
        Recipients.read(Path.cwd() / "nosuch.txt")
    assert str(raised.value) == (
        "nosuch.txt: does not exist, so nobody could open a secret\n  ./deploy.py secrets init"
    )
