"""sudo on a host: how it is called, and what of its questions is answered: the one for the password, once.

Whoever controls the account that logs in, or the host, can have the password: he can put another program in sudo's
place. What is held here is that nobody gets it by chance, and a host that runs no sudo not at all: the question is one
that sudo makes of its parts (a command line that is only repeated has it not), it comes on stderr after a line that
says that sudo is next, and nothing stands behind it.
"""

from __future__ import annotations

import re
import secrets
import shlex

from windlass.errors import SudoError

SECOND_FACTOR = (
    "A second factor cannot be given here: let the user become root without one (NOPASSWD in sudoers), or log in as"
    " root."
)


class Sudo:
    """sudo for one script; `password` None = it may not ask. `asked` counts its questions."""

    def __init__(self, user: str, password: str | None) -> None:
        self._user = user
        self._password = password
        self._next = f"windlass-{secrets.token_hex(8)}"
        self._halves = secrets.token_hex(8), secrets.token_hex(8)
        self._prompt = "%".join(self._halves)
        self.asked = 0

    def command(self, script: str) -> str:
        """Shell that runs a script as root; sudo writes one percent sign for two."""
        how = "-n" if self._password is None else f"-S -p {'%%'.join(self._halves)}:"
        return f"echo >&2; echo {self._next} >&2; exec sudo {how} -- sh -c {shlex.quote(script)}"

    def said(self, stderr: bytes | bytearray) -> str | None:
        """What sudo has said on stderr; None = it was not reached."""
        return self.without_marks(self._heard(stderr)).strip() if self._next.encode() in stderr else None

    def _heard(self, stderr: bytes | bytearray) -> str:
        """What came on stderr after the line that says that sudo is next."""
        return stderr.decode(errors="replace").partition(f"\n{self._next}\n")[2]

    def answer(self, stderr: bytes | bytearray) -> bytes | None:
        """What to write to its stdin now, given all that stderr has said before the script has begun."""
        words = self._heard(stderr)
        times = words.count(self._prompt)
        # sudo-rs writes more than the prompt into the line, but ends it no more than sudo does.
        if times <= self.asked or self._password is None or self._prompt not in words.rpartition("\n")[2]:
            return None
        self.asked = times
        return f"{self._password}\n".encode() if times == 1 else None

    def refusal(self, stderr: bytes | bytearray) -> SudoError | None:
        """Why sudo does not let us; None = it has not said so."""
        if self.asked > 1:
            _, between, _ = self._heard(stderr).split(self._prompt, 2)
            # What sudo-rs writes around its prompt tells nothing.
            if not re.sub(r"\[sudo:|\] *Password:|[:\s]", "", between):
                return SudoError("sudo asks for more than the password", hint=SECOND_FACTOR)
            # Asked again: another answer could lock the account.
            return SudoError(
                "sudo says that the password is wrong",
                hint=f"Is it the password of {self._user} there?"
                " After three wrong ones, even the right one may be refused for a quarter of an hour.",
            )
        words = self.said(stderr) or ""
        if "sudo:" not in words:
            return None
        last = words.splitlines()[-1]
        ways = "Give the password with --ask-sudo-pass, allow passwordless sudo, or log in as root."
        return SudoError(f"sudo refuses: {last}", hint=None if self.asked else ways)

    def without_marks(self, words: str) -> str:
        """What was said, without what was said for us."""
        return words.replace(self._next, "").replace(f"{self._prompt}:", "")
