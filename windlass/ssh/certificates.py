"""OpenSSH user certificates: beside a key or named by CertificateFile, and offered before the bare key."""

from __future__ import annotations

import copy
import time
from pathlib import Path

import paramiko
from paramiko.message import Message
from paramiko.pkey import PublicBlob

SUFFIX = "-cert-v01@openssh.com"


class Certificate:
    """A certificate file; `fault` says why it is of no use, None = it is good."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fault: str | None = None
        try:
            self._blob = PublicBlob.from_file(str(path))
            certified = Message(self._blob.key_blob)
            certified.get_binary()  # its type
            certified.get_binary()  # a nonce
            self._rest = certified.get_remainder()
        except OSError as error:
            self.fault = f"cannot be read: {error.strerror}"
        except Exception:  # a damaged file also makes paramiko raise binascii.Error, struct.error and others
            self.fault = "is damaged"
        else:
            if not self._blob.key_type.endswith(SUFFIX):
                self.fault = "is no certificate"

    def certifies(self, key: paramiko.PKey) -> bool:
        """Whether it is one of this key, which is part of it."""
        return self.fault is None and self._rest.startswith(_numbers(key))

    def expired(self, key: paramiko.PKey) -> str | None:
        """Since when a certificate of this key is none any more, None = it still is."""
        fields = Message(self._rest[len(_numbers(key)) :])
        fields.get_int64()  # serial
        fields.get_int()  # user or host
        fields.get_binary()  # the key's identity
        fields.get_binary()  # principals
        fields.get_int64()  # valid after
        end = fields.get_int64()
        return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(end)) if end < time.time() else None

    def of(self, key: paramiko.PKey) -> paramiko.PKey:
        """The key with this certificate; the key itself, which many hosts may share, stays bare."""
        if isinstance(key, paramiko.AgentKey):
            certified: paramiko.PKey = paramiko.AgentKey(key.agent, key.blob, key.comment)
        else:
            certified = copy.copy(key)
        certified.public_blob = self._blob
        return certified


def beside(key: Path) -> list[Path]:
    """The certificate that ssh-keygen puts beside a key file, where there is one."""
    path = Path(f"{str(key).removesuffix('.pub')}-cert.pub")
    return [path] if path.exists() else []


def whole(key: paramiko.AgentKey) -> paramiko.AgentKey:
    """An agent's key, which may be a certificate: paramiko then would send the bare key in its place."""
    if key.get_name().endswith(SUFFIX):
        key.public_blob = PublicBlob(key.get_name(), key.blob)  # type: ignore[assignment]
    return key


def offered(key: paramiko.PKey) -> bytes:
    """What of a key is shown to a host: its certificate, or its public part."""
    blob: bytes = key.public_blob.key_blob if key.public_blob else key.asbytes()
    return blob


def _numbers(key: paramiko.PKey) -> bytes:
    """A public key without the name of its type: the part that a certificate repeats."""
    message = Message(key.asbytes())
    message.get_binary()
    return message.get_remainder()
