"""[H] A system user with a group of the same name."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass

from windlass.resources.resource import Diff, Failed, Resource, State

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
            raise Failed(
                f"{self.username} is a person's account on the host (uid {entry.pw_uid}, shell {entry.pw_shell or 'sh'});"
                " give the app another name",
                hint=f"If it is the app's after all: `usermod --shell {NOLOGIN} {self.username}`, then run again.",
            )
        return {"home": entry.pw_dir, "shell": entry.pw_shell}

    def apply(self, diff: Diff) -> None:
        options = ["--home-dir", self.home, "--shell", NOLOGIN]
        if "exists" in diff:
            self.machine.run(["useradd", "--system", "--user-group", "--no-create-home", *options, self.username])
        else:
            options[0] = "--home"
            self.machine.run(["usermod", *options, self.username])
