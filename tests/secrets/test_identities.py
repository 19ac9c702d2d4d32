"""Keys as OpenSSL writes them, which open secrets as those of ssh-keygen do, and identities of age that cannot."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from tests.secrets.test_keyring import COLLEAGUE, OPEN, on_a_terminal, refusal, sealed_to, stranger
from windlass.secrets.keyring import Keyring


def pkcs8(home: Path, kind: str, *, passphrase: str = "", beside: bool = True) -> str:
    """The user's SSH key as OpenSSL writes it; gives back its public key, which may lie beside it."""
    path = home / ".ssh/id_rsa"
    lock = ["-aes256", "-pass", f"pass:{passphrase}"] if passphrase else []
    subprocess.run(["openssl", "genpkey", "-quiet", "-algorithm", kind, "-out", path, *lock], check=True)
    path.chmod(0o600)
    secret = load_pem_private_key(path.read_bytes(), passphrase.encode() or None)
    public = secret.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    if beside:
        path.with_suffix(".pub").write_text(f"{public}\n")
    return public


@pytest.mark.parametrize("kind", ["RSA", "ED25519"])
def test_a_key_as_openssl_writes_it(home: Path, kind: str) -> None:
    assert Keyring().open(sealed_to(pkcs8(home, kind)), "f") == b"content"


@pytest.mark.parametrize("beside", [True, False])
def test_a_locked_key_as_openssl_writes_it(home: Path, beside: bool) -> None:
    Path("one").write_bytes(sealed_to(pkcs8(home, "ED25519", passphrase="hunter2", beside=beside)))
    said = on_a_terminal(OPEN, "one", answers=["wrong", "hunter2"])
    assert "opened b'content'" in said


def test_a_locked_key_that_does_not_fit_is_not_asked_for(home: Path) -> None:
    pkcs8(home, "ED25519", passphrase="hunter2")
    assert refusal(sealed_to(stranger())) == f"f: none of your keys opens it; tried: {home}/.ssh/id_rsa\n{COLLEAGUE}"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            ": is damaged, or a key of a kind that age does not open with (it takes ed25519 and RSA)",
        ),
        (
            "AGE-SECRET-KEY-PQ-1QQQQ\n",
            (
                ": is a post-quantum identity, which age 1.3 has, and the library that Windlass seals"
                " and opens with has not"
                " yet\n  `age-keygen` without options makes a key that it takes (age1...), and so"
                " does an SSH key of ed25519 or"
                " RSA."
            ),
        ),
        (
            "AGE-PLUGIN-YUBIKEY-1QQQQ\n",
            (
                ": is an identity of a plugin of age, which Windlass does not run\n  `age-keygen`"
                " without options makes a key"
                " that it takes (age1...), and so does an SSH key of ed25519 or RSA."
            ),
        ),
    ],
)
def test_identities_of_other_kinds(home: Path, monkeypatch: pytest.MonkeyPatch, content: str, said: str) -> None:
    path = home / "key"
    path.write_text(content)
    path.chmod(0o600)
    monkeypatch.setenv("WINDLASS_IDENTITY", str(path))
    assert refusal(sealed_to(stranger())) == f"{path}{said}"
