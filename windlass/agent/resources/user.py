"""A system user with a group of the same name."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass

from windlass.agent.failures import Failed
from windlass.agent.resources.resource import Diff, Resource, State

NOLOGIN = "/usr/sbin/nologin"
# The ids of accounts that packages make, see /etc/login.defs; persons have higher ones, in /etc/passwd or a directory.
SYSTEM_IDS = range(1, 1000)


@dataclass(eq=False)
class User(Resource):
    """A system user that nobody can log in as, and its group of the same name; `home` is absolute and not created.

    An account of a person by that name is refused: it would lose its home and its login.
    """

    username: str
    home: str

    def desired(self) -> State:
        return {"home": self.home, "shell": NOLOGIN}

    def actual(self) -> State:
        try:
            entry = pwd.getpwnam(self.username)
        except KeyError:
            return None
        if entry.pw_uid not in SYSTEM_IDS or os.path.basename(entry.pw_shell) not in ("nologin", "false"):
            who = f"{self.username} (uid {entry.pw_uid}, shell {entry.pw_shell or '/bin/sh'})"
            raise Failed(
                f"{who} is a person's account on the host; give the app another name",
                hint=f"Or is it the app's own, and somebody gave it a shell? Its shell has to be {NOLOGIN}.",
            )
        return {"home": entry.pw_dir, "shell": entry.pw_shell}

    def apply(self, diff: Diff) -> None:
        options = ["--home-dir", self.home, "--shell", NOLOGIN]
        if "exists" in diff:
            self.machine.run(["useradd", "--system", "--user-group", "--no-create-home", *options, self.username])
        else:
            options[0] = "--home"
            self.machine.run(["usermod", *options, self.username])
