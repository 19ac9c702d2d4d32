"""Ansible's vault: texts that a password opens, `$ANSIBLE_VAULT;1.1;AES256`, or 1.2 with the label of a password.

The format is Ansible's: below the header hex of three lines of hex, which are salt, HMAC and ciphertext.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    # Labels of passwords, best first, each with the password.
    Passwords = Callable[[], Sequence[tuple[str, bytes]]]

HEADER = "$ANSIBLE_VAULT;"
ROUNDS = 10_000  # of PBKDF2
CLOSED = (
    "this is encrypted with Ansible's vault: --vault-password-file FILE opens it, or ANSIBLE_VAULT_PASSWORD_FILE=FILE"
    " in the environment"
)
_DAMAGED = "this is damaged, or cut off: it is not what ansible-vault has written"


class Vaulted(str):
    """Text that comes from a vault: a secret, whatever its name."""

    __slots__ = ()


class VaultError(ValueError):
    """A text of the vault cannot be opened."""


class Vault:
    """Opens texts with passwords, which are asked for when the first one is met."""

    def __init__(self, passwords: Passwords = tuple) -> None:
        self._passwords = passwords
        self._opened: dict[str, Vaulted] = {}

    def open(self, text: str) -> Vaulted:
        """What is in a text of the vault. Raises VaultError."""
        if text not in self._opened:
            self._opened[text] = Vaulted(self._open(text))
        return self._opened[text]

    def _open(self, text: str) -> str:
        header, *lines = text.split() or [""]
        if not header.startswith(HEADER):
            raise VaultError(_DAMAGED)
        _, version, cipher, *label = [*header.split(";"), "", ""]
        if version not in ("1.1", "1.2") or cipher != "AES256":
            raise VaultError(f"version {version or '?'} of Ansible's vault is not known here: ansible-vault rekey")
        import hashlib  # OpenSSL takes some megabytes, and most inventories have no vault
        import hmac

        passwords = self._passwords()
        if not passwords:
            raise VaultError(CLOSED)
        try:
            salt, digest, sealed = map(bytes.fromhex, bytes.fromhex("".join(lines)).decode("ascii").split("\n"))
        except ValueError:
            raise VaultError(_DAMAGED) from None
        for _, password in sorted(passwords, key=lambda given: given[0] != label[0]):
            keys = hashlib.pbkdf2_hmac("sha256", password, salt, ROUNDS, 80)
            if hmac.compare_digest(hmac.digest(keys[32:64], sealed, "sha256"), digest):
                return _plain(sealed, keys[:32], keys[64:])
        named = f" (its label is {label[0]!r})" if label[0] else ""
        raise VaultError(f"no vault password that is given opens this{named}")


def holds_vaulted(value: Any) -> bool:
    """Whether a value is from a vault, or has one in it that is."""
    return next(vaulted_in(value), None) is not None


def vaulted_in(value: Any) -> Iterator[Vaulted]:
    """The texts in a value that come from a vault."""
    if isinstance(value, dict | list):
        for below in value.values() if isinstance(value, dict) else value:
            yield from vaulted_in(below)
    elif isinstance(value, Vaulted):
        yield value


def _plain(sealed: bytes, key: bytes, counter: bytes) -> str:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    decryptor = Cipher(algorithms.AES(key), modes.CTR(counter)).decryptor()
    unpadder = PKCS7(128).unpadder()
    padded = decryptor.update(sealed) + decryptor.finalize()
    try:
        return (unpadder.update(padded) + unpadder.finalize()).decode("utf-8")
    except UnicodeDecodeError:
        raise VaultError("what is in this vault is not UTF-8 text") from None
