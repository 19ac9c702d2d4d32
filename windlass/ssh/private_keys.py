"""Private key files: loaded without asking where possible, unlocked with one question per file and run."""

from __future__ import annotations

import base64
import io
import os
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import paramiko
from paramiko.message import Message

from windlass.output.questions import UnansweredError

if TYPE_CHECKING:
    from collections.abc import Callable

    Ask = Callable[[str], str]  # a question -> what is typed unseen; raises UnansweredError

QUESTIONS = 3  # how often a passphrase is asked for

CLASSES: dict[str, type[paramiko.PKey]] = {
    "ssh-ed25519": paramiko.Ed25519Key,
    "ecdsa-sha2-nistp256": paramiko.ECDSAKey,
    "ecdsa-sha2-nistp384": paramiko.ECDSAKey,
    "ecdsa-sha2-nistp521": paramiko.ECDSAKey,
    "ssh-rsa": paramiko.RSAKey,
}
PEM_CLASSES: dict[bytes, type[paramiko.PKey]] = {b"RSA": paramiko.RSAKey, b"EC": paramiko.ECDSAKey}

# OpenSSL's form for all kinds (RFC 5958), which clouds and secret stores give out; ssh reads it, paramiko does not.
PKCS8 = (b"-----BEGIN PRIVATE KEY-----", b"-----BEGIN ENCRYPTED PRIVATE KEY-----")

_asking = threading.Lock()  # many hosts at once: one question at a time
_loaded: dict[Path, paramiko.PKey] = {}
_given_up: set[Path] = set()


class UnusableKey(Exception):
    """The reason why a key file cannot be used, and what to do (None = nothing to add)."""

    def __init__(self, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.hint = hint


class LockedKey(UnusableKey):
    """The key is good but needs its passphrase."""

    def __init__(self) -> None:
        super().__init__("needs its passphrase", "Load it into the agent (ssh-add), or run on a terminal.")


class Pkcs8:
    """A key in PKCS#8."""

    @staticmethod
    def from_private_key_file(path: str, passphrase: str | None = None) -> paramiko.PKey:
        """The key, as paramiko has it; raises LockedKey, UnusableKey, or ValueError when it is damaged."""
        from cryptography.hazmat.primitives import serialization as forms

        try:
            key = forms.load_pem_private_key(Path(path).read_bytes(), passphrase.encode() if passphrase else None)
        except TypeError as error:  # "Password was not given", or given where there is none to give
            if passphrase:
                raise ValueError from error
            raise LockedKey from None
        try:
            public = key.public_key().public_bytes(forms.Encoding.OpenSSH, forms.PublicFormat.OpenSSH)
            kind = CLASSES[public.split()[0].decode()]
            text = key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.OpenSSH, forms.NoEncryption()).decode()
        except (ValueError, TypeError, KeyError):
            name = type(key).__name__.removeprefix("_").removesuffix("PrivateKey")
            raise UnusableKey(f"is of the type {name}, which SSH cannot use") from None
        return kind.from_private_key(io.StringIO(text))


class KeyFile:
    """A private key on disk; `blob` is its public part (None = unknown before it is unlocked)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.blob: bytes | None = None
        self._kind: type[paramiko.PKey | Pkcs8] | None = None

    def load(self, passphrase: str | None = None) -> paramiko.PKey:
        """The key, ready to sign; read once; raises LockedKey or UnusableKey."""
        if (known := _loaded.get(self.path)) is not None:
            return known
        self._kind = self._kind or self._look()
        try:
            key = self._kind.from_private_key_file(str(self.path), passphrase)
        except paramiko.PasswordRequiredException:
            raise LockedKey from None
        except UnusableKey:
            raise
        except Exception:  # a damaged file also makes paramiko raise AssertionError, struct.error and others
            raise UnusableKey("is damaged, or in a form that paramiko does not read") from None
        _loaded[self.path] = key
        return key

    def unlock(self, ask: Ask) -> paramiko.PKey:
        """Ask for the passphrase, once per run; raises UnusableKey."""
        with _asking:
            if (known := _loaded.get(self.path)) is not None:
                return known
            if self.path not in _given_up:
                for _ in range(QUESTIONS):
                    try:
                        return self.load(ask(f"Passphrase for {self.path}: "))
                    except UnansweredError:
                        raise LockedKey from None
                    except UnusableKey:
                        continue
                _given_up.add(self.path)
        raise UnusableKey("is not opened by that passphrase", "Load it into the agent (ssh-add).")

    def _look(self) -> type[paramiko.PKey | Pkcs8]:
        """Check what ssh would check, and find the key's type and its public part."""
        try:
            content = self.path.read_bytes()
            status = self.path.stat()
        except FileNotFoundError:
            raise UnusableKey("does not exist") from None
        except OSError as error:
            raise UnusableKey(f"cannot be read: {error.strerror}") from None
        try:
            kind = self._classify(content)
        except (ValueError, IndexError):
            raise UnusableKey("is damaged") from None
        if status.st_uid == os.getuid() and stat.S_IMODE(status.st_mode) & 0o077:
            mode = stat.S_IMODE(status.st_mode)
            raise UnusableKey(f"is open to others (mode {mode:04o})", f"chmod 600 {self.path}")
        return kind

    def _classify(self, content: bytes) -> type[paramiko.PKey | Pkcs8]:
        first = content.lstrip().partition(b"\n")[0].strip()
        if first == b"-----BEGIN OPENSSH PRIVATE KEY-----":
            self.blob = _public_part(content)
            kind = Message(self.blob).get_text()
            if kind not in CLASSES:
                raise UnusableKey(f"is of the type {kind}, which paramiko cannot use")
            return CLASSES[kind]
        if first in PKCS8:
            return Pkcs8
        if first.startswith(b"-----BEGIN ") and (pem := PEM_CLASSES.get(first[11:].split()[0])):
            return pem
        if first.startswith((b"ssh-", b"ecdsa-", b"sk-")):
            self.blob = base64.b64decode(first.split()[1])
            raise UnusableKey("is a public key", "Name the private key: the same path, most often, without .pub.")
        if first.startswith(b"-----BEGIN "):
            raise UnusableKey("is not in a format ssh uses", f"ssh-keygen -p -f {self.path} converts it.")
        raise UnusableKey("is no private key")


def _public_part(content: bytes) -> bytes:
    """The public key that an OpenSSH private key file carries unencrypted; raises ValueError, IndexError."""
    packed = base64.b64decode(b"".join(content.split(b"-----")[2].split()))
    magic = b"openssh-key-v1\0"
    if not packed.startswith(magic):
        raise ValueError
    message = Message(packed[len(magic) :])
    for _ in ("cipher", "key derivation", "its options"):
        message.get_binary()
    message.get_int()  # how many keys: one
    return message.get_binary()
