"""A person's SSH key as an age identity; one with a passphrase is unlocked when a file needs it."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MAGIC = b"openssh-key-v1\0"


def is_ssh_key(content: bytes) -> bool:
    """Whether a file holds a private key as ssh-keygen writes them."""
    first = content.lstrip().partition(b"\n")[0].strip()
    return first in (b"-----BEGIN OPENSSH PRIVATE KEY-----", b"-----BEGIN RSA PRIVATE KEY-----")


def tag(content: bytes) -> str | None:
    """What a stanza for this key is marked with (4 bytes of a hash, base64); None = the file does not say."""
    try:
        packed = base64.b64decode(b"".join(content.split(b"-----")[2].split()))
    except (ValueError, IndexError):
        return None
    if not packed.startswith(_MAGIC):
        return None
    rest = packed[len(_MAGIC) :]
    for _ in ("cipher", "key derivation", "its options"):
        _, rest = _string(rest)
    public, _ = _string(rest[4:])  # after the number of keys
    return base64.b64encode(hashlib.sha256(public).digest()[:4]).rstrip(b"=").decode()


def unlocked(content: bytes, passphrase: str) -> bytes:
    """The same key without a passphrase, never on a disk. Raises ValueError when that is not the passphrase."""
    from cryptography.hazmat.primitives import serialization as form

    try:
        key = form.load_ssh_private_key(content, passphrase.encode())
    except Exception:  # cryptography raises many kinds
        raise ValueError from None
    return key.private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption())


def public_line(path: Path) -> str | None:
    """The first line of the public key beside a private one; None = there is none that age can seal to."""
    try:
        line = path.with_name(f"{path.name}.pub").read_text().strip()
    except OSError:
        return None
    return line if line.startswith(("ssh-ed25519 ", "ssh-rsa ")) else None


def _string(data: bytes) -> tuple[bytes, bytes]:
    """The first length-prefixed string, and what follows it."""
    size = int.from_bytes(data[:4], "big")
    return data[4 : 4 + size], data[4 + size :]
