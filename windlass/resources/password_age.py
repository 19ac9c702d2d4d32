"""[H] How long a password may be in use."""

from __future__ import annotations

from dataclasses import dataclass

from windlass.resources.resource import Diff, Failed, Resource, State

SHADOW = "/etc/shadow"


@dataclass(eq=False)
class PasswordAge(Resource):
    """A user whose password has to be changed after so many `days`, see shadow(5)."""

    user: str
    days: int

    def desired(self) -> State:
        return {"days": self.days}

    def actual(self) -> State:
        with open(SHADOW, encoding="utf-8", errors="replace") as file:
            for line in file:
                fields = line.split(":")
                if fields[0] == self.user:
                    return {"days": int(fields[4]) if fields[4].isdigit() else None}
        raise Failed(f"{SHADOW} has no {self.user}")

    def apply(self, diff: Diff) -> None:
        self.machine.run(["chage", "--maxdays", str(self.days), self.user])
