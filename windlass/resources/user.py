"""[H] A system user with a group of the same name."""

from __future__ import annotations

import pwd
from dataclasses import dataclass

from windlass.resources.resource import Diff, Resource, State


@dataclass(eq=False)
class User(Resource):
    """A system user that nobody can log in as, and its group of the same name; `home` is absolute and not created."""

    username: str
    home: str

    def desired(self) -> State:
        return {"home": self.home, "shell": "/usr/sbin/nologin"}

    def actual(self) -> State:
        try:
            entry = pwd.getpwnam(self.username)
        except KeyError:
            return None
        return {"home": entry.pw_dir, "shell": entry.pw_shell}

    def apply(self, diff: Diff) -> None:
        options = ["--home-dir", self.home, "--shell", "/usr/sbin/nologin"]
        if "exists" in diff:
            self.machine.run(["useradd", "--system", "--user-group", "--no-create-home", *options, self.username])
        else:
            options[0] = "--home"
            self.machine.run(["usermod", *options, self.username])
