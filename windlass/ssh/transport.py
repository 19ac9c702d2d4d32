"""Paramiko's transport, with what a login and its messages need to know."""

from __future__ import annotations

import paramiko


class Transport(paramiko.Transport):
    """Paramiko's transport, which keeps what the host says when it hangs up, and by what kinds of key it is known."""

    farewell = ""
    known_by: frozenset[str] = frozenset()

    def _parse_disconnect(self, message: paramiko.Message) -> None:
        message.get_int()
        self.farewell = printable(message.get_string())


def printable(heard: bytes) -> str:
    """The first line of what a peer said, safe to show on a terminal."""
    line = heard.partition(b"\n")[0].decode(errors="replace")
    return "".join(character for character in line if character.isprintable())[:200]
