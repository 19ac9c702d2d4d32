"""[H] What releases leave behind: of runs that were cut off, and of age."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.release.instance import Instance, defined
from windlass.release.records import GOOD, Record, Releases, doomed
from windlass.release.switch import retire
from windlass.resources.unit import show

if TYPE_CHECKING:
    from windlass.machine import Machine
    from windlass.release.health import Question


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
        return [*self._strays(), *(each.id for each in self._doomed()), *self._running(), *self._venvs()] + [
            release for release in defined(self.app) if self.releases.record(release) is None
        ]

    def await_ends(self) -> None:
        """Waits for instances that are about to end, so that however often one deploys, no more than two run."""
        for release in defined(self.app):
            if show(self.machine, self._instance(release).service).get("ActiveState") == "deactivating":
                self.machine.say(f"waiting for the last requests of release {release}")
                self._instance(release).await_end()

    def remove(self, question: Question, drain_timeout: float) -> None:
        """Removes them; an instance that may have had traffic answers what it has first."""
        self.remove_strays()
        for release in self._running():
            self.machine.say(f"stopping release {release}, which is not the current one")
            record = self.releases.record(release)
            if record and record.state == GOOD:
                retire(self._instance(release), question, drain_timeout)
            else:
                self._instance(release).discard()
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

    def _strays(self) -> list[str]:
        return self.releases.strays()

    def _doomed(self) -> list[Record]:
        return doomed(self.releases.all(), self.current, self.keep)

    def _running(self) -> list[str]:
        """Releases other than the current one that run, or would after a reboot; not those that are about to end."""
        others = [release for release in defined(self.app) if self.current is None or release != self.current.id]
        return [release for release in others if self._is_alive(self._instance(release))]

    def _is_alive(self, instance: Instance) -> bool:
        states = [show(self.machine, unit).get("ActiveState") for unit in (instance.service, instance.socket)]
        return instance.enabled or any(state not in ("inactive", "deactivating", "failed") for state in states)

    def _venvs(self) -> list[str]:
        return sorted(self.releases.venvs() - {record.venv for record in self.releases.all()} - {self.venv})

    def _instance(self, release: str) -> Instance:
        return Instance(self.machine, self.app, release)
