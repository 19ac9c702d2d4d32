"""How long a password may be in use."""

from __future__ import annotations

from dataclasses import dataclass

from windlass.agent.failures import Failed
from windlass.agent.probation import DELAY, Probation
from windlass.agent.resources.resource import Diff, Resource, State

SHADOW = "/etc/shadow"


@dataclass(eq=False)
class PasswordAge(Resource):
    """A user whose password has to be changed after so many `days`, see shadow(5).

    A second login must work with it, which may take `delay` seconds: an old password may have expired by that.
    """

    user: str
    days: int
    delay: int = DELAY

    def desired(self) -> State:
        return {"days": self.days, "proved": True}

    def actual(self) -> State:
        return {"days": self._days, "proved": not self._probation(None).pending}

    def apply(self, diff: Diff) -> None:
        probation = self._probation(self._days)
        probation.begin()
        probation.change(self._change)

    @property
    def _days(self) -> int | None:
        with open(SHADOW, encoding="utf-8", errors="replace") as file:
            for line in file:
                fields = line.split(":")
                if fields[0] == self.user:
                    return int(fields[4]) if fields[4].isdigit() else None
        raise Failed(f"{SHADOW} has no {self.user}")

    def _change(self) -> None:
        self.machine.run(["chage", "--maxdays", str(self.days), self.user])

    def _probation(self, before: int | None) -> Probation:
        restore = f"chage --maxdays {-1 if before is None else before} {self.user}"
        return Probation(self.machine, "password-age", restore=restore, reload=":", delay=self.delay)
