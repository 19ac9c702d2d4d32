"""OpenSSH's known_hosts files: only the lines about one host are decoded, so that 1,000 hashed ones cost 3 ms."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.errors import ConnectError

if TYPE_CHECKING:
    from pathlib import Path

# The public key types that paramiko can verify; a host known by others only counts as unknown.
KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")

_appending = threading.Lock()


@dataclass(frozen=True)
class KnownKey:
    """A host key somebody vouched for; `where` is file:line or the inventory, `blob` the key as sent over the wire."""

    kind: str
    blob: bytes
    where: str
    revoked: bool = False
    authority: bool = False  # it signs host keys, and is none itself

    def __str__(self) -> str:
        return f"{self.kind} {fingerprint(self.blob)}"


def fingerprint(blob: bytes) -> str:
    """A public key's fingerprint as OpenSSH shows it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def parse_key(text: str, where: str) -> KnownKey:
    """A key from `ssh-ed25519 AAAA... [comment]`; raises ValueError saying what is wrong with it."""
    kind, encoded = [*text.split(), "", ""][:2]
    if not kind:
        raise ValueError("it is empty")
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is none of {', '.join(KINDS)}")
    try:
        blob = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise ValueError("what follows the key type is not base64") from None
    if not blob.startswith(len(kind).to_bytes(4, "big") + kind.encode()):
        raise ValueError(f"it does not hold a key of the type {kind}")
    return KnownKey(kind, blob, where)


def lookup(name: str, files: list[Path]) -> list[KnownKey]:
    """All keys the files have for `name` (`host` or `[host]:port`), in order; a missing file has none."""
    return [key for file in files for key in _lookup_in(file, name)]


def _lookup_in(file: Path, name: str) -> list[KnownKey]:
    try:
        lines = file.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConnectError(f"the known hosts in {file} cannot be read: {error.strerror}") from None
    found = []
    for number, line in enumerate(lines, 1):
        fields = line.split()
        marker = fields.pop(0) if line.lstrip().startswith(b"@") else b""
        if len(fields) < 3 or fields[0].startswith(b"#") or marker not in (b"", b"@revoked", b"@cert-authority"):
            continue
        if not _matches(fields[0], name):
            continue
        try:
            key = parse_key(b" ".join(fields[1:3]).decode(errors="replace"), f"{file}:{number}")
        except ValueError:
            continue  # as OpenSSH does: a key of a type we do not know
        revoked, authority = marker == b"@revoked", marker == b"@cert-authority"
        found.append(KnownKey(key.kind, key.blob, key.where, revoked=revoked, authority=authority))
    return found


def _matches(patterns: bytes, name: str) -> bool:
    if patterns.startswith(b"|1|"):
        return _matches_hash(patterns, name)
    matched = False
    for pattern in patterns.decode(errors="replace").lower().split(","):
        negated = pattern.startswith("!")
        if _matches_pattern(pattern.lstrip("!"), name):
            if negated:
                return False
            matched = True
    return matched


def _matches_pattern(pattern: str, name: str) -> bool:
    if "*" not in pattern and "?" not in pattern:
        return pattern == name
    # Not fnmatch, to which [host]:port is a set of characters.
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, name) is not None


def _matches_hash(hashed: bytes, name: str) -> bool:
    try:
        salt, digest = (binascii.a2b_base64(part) for part in hashed[3:].split(b"|"))
    except ValueError:
        return False
    return hmac.compare_digest(hmac.digest(salt, name.encode(), "sha1"), digest)


def append(file: Path, name: str, kind: str, blob: bytes) -> None:
    """Add a key at the end of a file, made 0600 in a folder 0700 where they are missing; raises OSError."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _appending, os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b") as known:
        size = known.seek(0, os.SEEK_END)
        if size:
            known.seek(size - 1)
        newline = b"" if not size or known.read(1) == b"\n" else b"\n"
        known.write(newline + f"{name} {kind} {base64.b64encode(blob).decode()}\n".encode())
