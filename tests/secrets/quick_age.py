"""Files of the age format for a passphrase, as any age opens them, at a thousandth of what its scrypt costs by default.

Source: the specification, https://age-encryption.org/v1, with the work factor 10 in place of about 20.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

WORK_FACTOR = 10
LAST_CHUNK = bytes(11) + b"\x01"  # and the first


def sealed_with(content: bytes, passphrase: str) -> bytes:
    """The content, of less than 64 KiB, for those who know the passphrase."""
    assert len(content) < 1 << 16
    file_key, salt, nonce = os.urandom(16), os.urandom(16), os.urandom(16)
    wrapping = Scrypt(b"age-encryption.org/v1/scrypt" + salt, 32, 1 << WORK_FACTOR, 8, 1).derive(passphrase.encode())
    body = ChaCha20Poly1305(wrapping).encrypt(bytes(12), file_key, None)
    head = f"age-encryption.org/v1\n-> scrypt {_text(salt)} {WORK_FACTOR}\n{_text(body)}\n---".encode()
    seal = hmac.digest(_derived(file_key, None, b"header"), head, hashlib.sha256)
    sealed = ChaCha20Poly1305(_derived(file_key, nonce, b"payload")).encrypt(LAST_CHUNK, content, None)
    return head + f" {_text(seal)}\n".encode() + nonce + sealed


def _derived(key: bytes, salt: bytes | None, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, purpose).derive(key)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")
