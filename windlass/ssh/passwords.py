"""A login password, given to a host once: not to its next question, which is for something else or doubts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import paramiko

if TYPE_CHECKING:
    from windlass.ssh.transport import Transport


class Password:
    """A password; `asked_for_more` is what a host has asked that it was not given for ("" = nothing)."""

    def __init__(self, password: str) -> None:
        self._password: str | None = password
        self.asked_for_more = ""

    def log_in(self, transport: Transport, user: str) -> list[str]:
        """Logs in by it, as paramiko's `auth_password` does; gives back which methods a host wants as well."""
        try:
            return transport.auth_password(user, self._password or "", fallback=False)
        except paramiko.BadAuthenticationType as error:
            if "keyboard-interactive" not in error.allowed_types:
                raise
        return transport.auth_interactive(user, self._answer)

    def _answer(self, title: str, instructions: str, questions: list[tuple[str, bool]]) -> list[str]:
        """The password to the first question, if what is typed there would not be seen; else nothing is said."""
        if not questions:
            return []
        (question, seen), *others = questions
        if self._password is None or seen or others:
            self.asked_for_more = question.strip() or "something without a name"
            return [""] * len(questions)
        given, self._password = self._password, None
        return [given]
