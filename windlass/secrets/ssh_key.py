"""A person's SSH key as an age identity; one with a passphrase is unlocked when a file needs it."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MAGIC = b"openssh-key-v1\0"
# As OpenSSL writes keys of all kinds (RFC 5958); age's library does not read it.
_PKCS8, _LOCKED_PKCS8 = b"-----BEGIN PRIVATE KEY-----", b"-----BEGIN ENCRYPTED PRIVATE KEY-----"


def is_ssh_key(content: bytes) -> bool:
    """Whether a file holds a private key as ssh-keygen writes them."""
    return _first(content) in (b"-----BEGIN OPENSSH PRIVATE KEY-----", b"-----BEGIN RSA PRIVATE KEY-----")


def is_pkcs8(content: bytes) -> bool:
    """Whether a file holds a private key as OpenSSL writes them."""
    return _first(content) in (_PKCS8, _LOCKED_PKCS8)


def is_locked_pkcs8(content: bytes) -> bool:
    """Whether it does, and needs a passphrase."""
    return _first(content) == _LOCKED_PKCS8


def may_fit(path: Path, content: bytes, tags: set[str]) -> bool:
    """Whether a locked key may open a file whose stanzas are marked with these; where nothing tells, it may."""
    found = tag(content)
    if found is None and is_pkcs8(content):
        line = public_line(path)
        found = _tag_of(base64.b64decode(line.split()[1])) if line else None
        return found is None or found in tags
    return found in tags


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
    return _tag_of(public)


def unlocked(content: bytes, passphrase: str | None) -> bytes:
    """The same key without a passphrase as ssh-keygen writes it, never on a disk; None = it has none.

    Raises ValueError when that is not the passphrase, or it is no key of SSH.
    """
    from cryptography.hazmat.primitives import serialization as form

    load = form.load_pem_private_key if is_pkcs8(content) else form.load_ssh_private_key
    try:
        key = load(content, passphrase.encode() if passphrase is not None else None)
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


def _first(content: bytes) -> bytes:
    return content.lstrip().partition(b"\n")[0].strip()


def _tag_of(public: bytes) -> str:
    return base64.b64encode(hashlib.sha256(public).digest()[:4]).rstrip(b"=").decode()


def _string(data: bytes) -> tuple[bytes, bytes]:
    """The first length-prefixed string, and what follows it."""
    size = int.from_bytes(data[:4], "big")
    return data[4 : 4 + size], data[4 + size :]
