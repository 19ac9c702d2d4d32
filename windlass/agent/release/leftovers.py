"""What releases leave behind: of runs that were cut off, and of age."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent.release.instance import Instance, defined
from windlass.agent.release.records import GOOD, Record, Releases, doomed
from windlass.agent.release.switch import retire
from windlass.agent.resources import confined
from windlass.agent.resources.unit import show

if TYPE_CHECKING:
    from windlass.agent.machine import Machine
    from windlass.agent.release.health import Question


@dataclass(frozen=True)
class Leftovers:
    """All of an app that is neither `current`, nor kept for a rollback, nor needed by those: `venv` is needed, too."""

    machine: Machine
    app: str
    releases: Releases
    current: Record | None
    keep: int
    venv: str

    def found(self) -> list[str]:
        """Their names."""
        unknown = [release for release in defined(self.app) if self.releases.record(release) is None]
        doomed = [record.id for record in self._doomed()]
        return [*self._busy(), *self._strays(), *doomed, *self._running(), *self._venvs(), *unknown]

    def await_ends(self) -> None:
        """Waits for instances that are about to end, so that however often one deploys, no more than two run."""
        self.machine.forget()  # what was told to end a moment ago
        for release in defined(self.app):
            if _is_ending(show(self.machine, self._instance(release).service)):
                self.machine.say(f"waiting for the last requests of release {release}")
                self._instance(release).await_end()

    def remove(self, question: Question, drain_timeout: float) -> None:
        """Removes them; an instance that may have had traffic answers what it has first."""
        for user in self._busy():
            unit = confined.unit_of(user)
            self.machine.say(f"stopping {unit}, a command of a run that was killed")
            confined.end(self.machine, user)
        self.remove_strays()
        for release in self._running():
            self.machine.say(f"stopping release {release}, which is not the current one")
            record = self.releases.record(release)
            if record and record.state == GOOD:
                retire(self._instance(release), question, drain_timeout)
            else:
                self._instance(release).discard()
        for release in self._failed():
            self._instance(release).kill()
        for record in self._doomed():
            self._instance(record.id).discard()
            self.releases.remove(record.id)
        for release in defined(self.app):
            if self.releases.record(release) is None:
                self._instance(release).discard()
        for venv in self._venvs():
            shutil.rmtree(venv)

    def remove_strays(self) -> None:
        """Removes folders that are no releases."""
        for stray in self._strays():
            self.releases.remove(stray)

    def _busy(self) -> list[str]:
        """The users of a release command and of pip that a run was killed over, and that go on."""
        alive = ("active", "activating", "deactivating")
        users = (self.app, confined.BUILDER)
        return [user for user in users if show(self.machine, confined.unit_of(user)).get("ActiveState") in alive]

    def _strays(self) -> list[str]:
        return self.releases.strays()

    def _doomed(self) -> list[Record]:
        return doomed(self.releases.all(), self.current, self.keep)

    def _running(self) -> list[str]:
        """Releases other than the current one that run, or would after a reboot; not those that are about to end."""
        return [release for release in self._others() if self._is_alive(self._instance(release))]

    def _failed(self) -> list[str]:
        """Releases whose last requests took longer than they had: systemd goes on calling them failed."""
        states = {release: show(self.machine, self._instance(release).service) for release in self._others()}
        return [release for release, unit in states.items() if unit.get("ActiveState") == "failed"]

    def _others(self) -> list[str]:
        return [release for release in defined(self.app) if self.current is None or release != self.current.id]

    def _is_alive(self, instance: Instance) -> bool:
        units = [show(self.machine, unit) for unit in (instance.service, instance.socket)]
        stopped = all(unit.get("ActiveState") in ("inactive", "failed") or _is_ending(unit) for unit in units)
        return instance.enabled or not stopped

    def _venvs(self) -> list[str]:
        return sorted(self.releases.venvs() - {record.venv for record in self.releases.all()} - {self.venv})

    def _instance(self, release: str) -> Instance:
        return Instance(self.machine, self.app, release)


def _is_ending(unit: dict[str, str]) -> bool:
    """Whether a unit stops now, or systemd has that before it: what runs already has no other job to wait for."""
    state = unit.get("ActiveState")
    return state == "deactivating" or (state == "active" and bool(unit.get("Job")))
