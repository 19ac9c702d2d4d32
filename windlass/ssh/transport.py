"""Paramiko's transport, with what a login and its messages need to know."""

from __future__ import annotations

import paramiko
from paramiko.kex_curve25519 import KexCurve25519

# The same by its two names, of which RFC 8731 has the shorter one, and paramiko but the other.
CURVE, ITS_OLD_NAME = "curve25519-sha256", "curve25519-sha256@libssh.org"


class Transport(paramiko.Transport):
    """Paramiko's transport, which keeps what the host says when it hangs up, and by what kinds of key it is known."""

    _preferred_kex = tuple(
        name
        for known in paramiko.Transport._preferred_kex  # type: ignore[attr-defined]
        for name in ((CURVE, known) if known == ITS_OLD_NAME else (known,))
    )
    _kex_info = paramiko.Transport._kex_info | {CURVE: KexCurve25519}  # type: ignore[attr-defined]

    farewell = ""
    known_by: frozenset[str] = frozenset()

    def _parse_disconnect(self, message: paramiko.Message) -> None:
        message.get_int()
        self.farewell = printable(message.get_string())


def printable(heard: bytes) -> str:
    """The first line of what a peer said, safe to show on a terminal."""
    line = heard.partition(b"\n")[0].decode(errors="replace")
    return "".join(character for character in line if character.isprintable())[:200]
