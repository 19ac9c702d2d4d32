"""The way back: an older release of an app takes over the traffic as it was, with its own venv and environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent.failures import Failed
from windlass.agent.release.health import Question
from windlass.agent.release.records import GOOD, before
from windlass.agent.release.serving import Serving
from windlass.agent.resources.venv import is_made_apart

if TYPE_CHECKING:
    from windlass.agent.release.records import Record
    from windlass.agent.resources.resource import Diff, State


@dataclass(eq=False)
class Rollback(Serving):
    """Traffic for the release `to` (its id, or a beginning that only it has); "" = the good one before the current.

    Nothing else goes back: not the database, not nginx.
    """

    to: str

    def __post_init__(self) -> None:
        super().__post_init__()
        self._chosen: Record | None = None

    @property
    def subject(self) -> str:
        """The same as a new release's: that is what a way back is the opposite of."""
        return f"release {self.app}"

    def desired(self) -> State:
        return {"release": self._target.id, "health": "good"}

    def actual(self) -> State:
        return {"release": self._current.id, "health": self._health(self._current)}

    def lasting(self, state: State) -> State:
        """As of a new release: what the release has that the state names."""
        if state is None:
            return None
        record = next(record for record in self.releases.all() if record.id == state["release"])
        return {"code": record.code, **self._configuration(record).parts}

    def warning(self) -> str:
        if is_made_apart(self._target.venv):
            return ""
        return (
            f"release {self._target.id} has packages from before they were installed out of the app's sight: had"
            " somebody broken into the app then, they may be tampered with; deploying that code anew installs them anew"
        )

    @property
    def _current(self) -> Record:
        current = self.releases.undamaged_current()
        if current is None:
            raise Failed(f"{self.app} has not been deployed here, so there is nothing to go back to")
        return current

    @property
    def _target(self) -> Record:
        """Chosen once: when the traffic has changed hands, another one would be the one before."""
        if self._chosen is None:
            self._chosen = self._named() if self.to else self._previous()
        return self._chosen

    def _previous(self) -> Record:
        older = before(self._current, self.releases.all())
        if not older:
            raise Failed(
                f"there is no good release before {self._current.id}",
                hint="`deploy.py releases` lists what is there; --to takes any good one.",
            )
        return older[0]

    def _named(self) -> Record:
        records = self.releases.all()
        found = [record for record in records if record.id.startswith(self.to)]
        if len(found) != 1:
            what = f"{len(found)} releases begin with" if found else "there is no release"
            good = ", ".join(record.id for record in records if record.state == GOOD)
            raise Failed(f"{what} {self.to!r}", hint=f"Good ones are: {good or 'none'}.")
        if found[0].state != GOOD:
            why = f": {found[0].reason}" if found[0].reason else ""
            raise Failed(f"release {found[0].id} has never served well{why}", hint="Deploy mended code instead.")
        return found[0]

    def apply(self, diff: Diff) -> None:
        self._settle()
        current, target = self._current, self._target
        # It is asked what it was asked when it was new.
        self.question = Question(self.host_name, target.health_path)
        if current.id == target.id:
            self._instance(target.id).start()
            self._instance(target.id).await_health(self.question, self.health_timeout)
            return
        self._return_to(target, current)
