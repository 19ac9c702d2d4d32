"""The age format (age-encryption.org/v1): the `age` program opens what is sealed here, and the other way round."""

from __future__ import annotations

import base64
import binascii
import re

import pyrage

_MAGIC = b"age-encryption.org/v1\n"
_ARMOR = re.compile(rb"\s*-----BEGIN AGE ENCRYPTED FILE-----\r?\n(.*?)-----END AGE ENCRYPTED FILE-----\s*", re.DOTALL)
_CONFLICT = re.compile(rb"^(<{7}|={7}|>{7})( |\r?$)", re.MULTILINE)


class Damaged(Exception):
    """The bytes are no age file, or not a whole one; the message completes `FILE ...`."""


class NoMatch(Exception):
    """None of the keys given is among those it was sealed to."""


def stanzas(sealed: bytes) -> list[list[str]]:
    """The words of each stanza of a file's header: its kind, then what helps to find the key. Raises Damaged."""
    if _CONFLICT.search(sealed):
        raise Damaged("has merge conflict markers")
    if not sealed.strip():
        raise Damaged("is empty")
    armored = sealed.lstrip().startswith(b"-----BEGIN AGE")
    if armored:
        found = _ARMOR.fullmatch(sealed)
        try:
            sealed = base64.b64decode(b"".join(found[1].split()), validate=True) if found else b""
        except binascii.Error:
            sealed = b""
    if not sealed.startswith(_MAGIC):
        raise Damaged("is cut off or damaged" if armored else "is no age file: it is not encrypted")
    head = sealed.partition(b"\n--- ")[0].decode("ascii", "replace")
    return [line[3:].split() for line in head.splitlines() if line.startswith("-> ")]


def opened(sealed: bytes, identities: list[object]) -> bytes:
    """The content. Raises NoMatch and Damaged."""
    if not identities:
        raise NoMatch
    try:
        content: bytes = pyrage.decrypt(sealed, identities)
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            raise NoMatch from None
        raise Damaged("is cut off or damaged") from None
    return content


def opened_with(sealed: bytes, passphrase: str) -> bytes:
    """The content of a file sealed with a passphrase. Raises NoMatch and Damaged."""
    try:
        content: bytes = pyrage.passphrase.decrypt(sealed, passphrase)
    except pyrage.DecryptError as error:
        if "Decryption failed" in str(error):
            raise NoMatch from None
        raise Damaged("is cut off or damaged") from None
    return content


def sealed(content: bytes, recipients: list[object]) -> bytes:
    """The content for these recipients, armored: a text file, as git likes it."""
    text: bytes = pyrage.encrypt(content, recipients, armored=True)
    return text


def sealed_with(content: bytes, passphrase: str) -> bytes:
    """The content for those who know a passphrase, armored."""
    text: bytes = pyrage.passphrase.encrypt(content, passphrase, armored=True)
    return text
