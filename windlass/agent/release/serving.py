"""What a new release and a way back share: an app's traffic, and how it changes hands."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from windlass.agent import files
from windlass.agent.failures import Failed
from windlass.agent.release import data
from windlass.agent.release.configuration import Configuration
from windlass.agent.release.health import Question
from windlass.agent.release.instance import Instance, defined
from windlass.agent.release.leftovers import Leftovers
from windlass.agent.release.records import FAILED, GOOD, NEW, Record, Releases
from windlass.agent.release.switch import Switch
from windlass.agent.resources import confined
from windlass.agent.resources.resource import Resource
from windlass.agent.resources.unit import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.agent.release.environment import Environment

# When nothing is being deployed, a current release that takes longer to answer is not healthy (seconds).
PROBE_TIMEOUT = 10
# Of each line that a release says about its failure, the beginning (characters).
LONGEST = 500


@dataclass(eq=False)
class Serving(Resource):
    """The release that gets the traffic of `app`, which is also its user and the stem of its units.

    `host_name` and `health_path` are the health check ("" = /healthz, or else /), which nginx serves over TLS if `tls`;
    times are in seconds. While the traffic changes hands, a release is watched, for `enough`
    requests of our own at most (0 = for all of `watch`), and `max_failed_requests` of them may fail. `keep` good
    releases stay.
    """

    app: str
    host_name: str
    health_path: str
    tls: bool
    health_timeout: float
    drain_timeout: float
    watch: float
    enough: int
    max_failed_requests: int
    keep: int

    def __post_init__(self) -> None:
        self.releases = Releases(f"/srv/{self.app}")
        self.question = Question(self.host_name, self.health_path)
        self._steps: dict[str, Any] = {}
        self._traffic: dict[str, Any] = {}
        self._before = ""
        self._page = ""  # that was found to tell how a release is, and what it says
        self._left_to_do = False  # by the next run, for this one has tried and told

    def notes(self) -> dict[str, Any]:
        current = self.releases.current
        if current is None:
            return {}
        notes: dict[str, Any] = {"app": self.app, "release": current.id}
        if current.commit:
            notes |= {"commit": current.commit, "dirty": current.dirty}
        if self._steps:
            notes |= {"before": self._before, "steps": self._steps, "traffic": self._traffic, "page": self._page}
        return notes

    @property
    def units(self) -> list[str]:
        """The units to ask systemd about, together with those of all other resources."""
        names = self.machine.probe(("instances", self.app), lambda: defined(self.app))
        instances = [self._instance(name) for name in names]
        units = [unit for instance in instances for unit in (instance.service, instance.socket)]
        return [confined.unit_of(self.app), confined.unit_of(confined.BUILDER), *units]

    def _instance(self, release: str) -> Instance:
        return Instance(self.machine, self.app, release)

    def _configuration(self, release: Record) -> Configuration:
        return Configuration(self.releases, self._instance(release.id), release)

    def _health(self, release: Record) -> str:
        instance = self._instance(release.id)
        # Asking would start a service that somebody has stopped: its socket still listens.
        if show(self.machine, instance.service).get("ActiveState") != "active":
            return "not running"
        try:
            answer = self.question.ask(instance.address, PROBE_TIMEOUT)
        except OSError as error:
            return error.strerror or str(error)
        return "good" if answer.good else f"HTTP {answer.status}"

    def _leftovers(self, current: Record | None) -> Leftovers:
        return Leftovers(self.machine, self.app, self.releases, current, self.keep, self._needed_venv())

    def _needed_venv(self) -> str:
        """The virtual environment that stays though no release has it yet ("" = none)."""
        return ""

    def _unfinished(self, current: Record) -> bool:
        """Whether a run that switched to it was cut off before its end."""
        return current.state != GOOD or not self._instance(current.id).enabled

    def _take_over(self, record: Record, current: Record | None) -> Switch:
        """Starts a release and gives it the traffic; what is left is to `finish` the switch. Raises Failed."""
        from windlass.agent.release.visitors import Visitors  # a run that switches nothing does without TLS

        new, old = self._instance(record.id), self._instance(current.id) if current else None
        self._before = current.id if current else ""
        with self._step("start"):
            new.start()
        with self._step("healthy"):
            answer = new.await_health(self.question, self.health_timeout)
        question = self.question.settled(answer)
        if answer.path != self.question.path:
            self._page = f"GET {answer.path} answers with HTTP {answer.status}"
        visitors = Visitors(question, tls=self.tls, watch=self.watch)
        limits = (self.drain_timeout, self.watch, self.enough, self.max_failed_requests)
        switch = Switch(self.releases, record, new, old, question, visitors, *limits)
        try:
            with self._step("switch"):
                switch.turn()
        except BaseException:
            visitors.leave(patience=0)
            record.traffic = visitors.met()
            raise
        return switch

    def _return_to(self, target: Record, current: Record) -> None:
        """Gives the traffic to an older release. Raises Failed with `current` serving as before."""
        self._leftovers(current).await_ends()
        try:
            self._fill(target, current)
            switch = self._take_over(target, current)
        except BaseException as failure:
            if not self._has_traffic(target):
                self._instance(target.id).kill()
            if isinstance(failure, Failed):
                raise self._explain(told(failure, self.releases.environment(target)), failure, current) from None
            raise
        self._finish(switch, target)

    def _fill(self, record: Record, before: Record | None = None) -> None:
        """Makes what a release has its data in, which it gets from its source where `before` did not bring it."""
        serving = self.releases.path(before.id) if before else ""
        data.fill(self.machine, self.app, self.releases.path(record.id), record.data, serving)

    def _has_traffic(self, record: Record) -> bool:
        """Whether the way back from a failure has failed, too, e.g. on a full disk: the next run goes on from there."""
        current = self.releases.current
        return current is not None and current.id == record.id

    def _explain(self, words: str, failure: Failed, current: Record | None) -> Failed:
        """The failure in `words`, with what serves now."""
        serving = f"release {current.id} goes on serving" if current else "nothing serves this app yet"
        return Failed(f"{words}\n{serving}", hint=failure.hint)

    def _finish(self, switch: Switch, record: Record) -> None:
        """Ends the old release's instance, keeps what our visitors met in the record, and removes what may go.

        What fails here undoes no switch that went well.
        """
        self._traffic = record.traffic = switch.visitors.met()
        if switch.visitors.hindrance:
            self._traffic = {"not_measured": switch.visitors.hindrance}
        with self._tidying():
            with self._step("drain"):
                cut = switch.finish()
            if cut:
                self._traffic["cut"] = record.traffic["cut"] = cut
            self.releases.save(record)
            self.machine.forget()
            self._settle()

    @contextmanager
    def _tidying(self) -> Iterator[None]:
        """Has the user told, once, of what fails here, and the run go on."""
        try:
            yield
        except (Failed, OSError) as failure:
            if self.machine.aborted.is_set():
                raise
            reason = files.trouble(failure, self.app) if isinstance(failure, OSError) else failure
            if not self._left_to_do:
                words = f"not all of the old could be ended and removed; the next run tries again: {reason}"
                self.machine.tell({"type": "warning", "text": words})
            self._left_to_do = True

    def _settle(self) -> None:
        """Finishes what an earlier run has begun, and removes what nobody needs any more."""
        current = self.releases.current
        if current and self._unfinished(current):
            if self._health(current) == "good":
                self._instance(current.id).enable()
                current.state = GOOD
                self.releases.save(current)
            elif current.state == NEW:
                current = self._turned_back(current)
        with self._tidying():
            self._leftovers(current).remove(self.question, self.drain_timeout)

    def _turned_back(self, current: Record) -> Record:
        """The release that serves in place of one that was cut off while it was watched, and is not well."""
        before = self.releases.record(current.previous) if current.previous else None
        if before is None or before.state != GOOD:
            return current
        self.machine.say(f"going back to release {before.id}: {current.id} was never well")
        instance = self._instance(before.id)
        instance.enable()
        instance.start()
        self.releases.point_to(before.id)
        current.state, current.reason = FAILED, "the run was cut off while it was watched, and it is not healthy"
        self.releases.save(current)
        self.machine.forget()
        return before

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        self.machine.say(name)
        start = time.monotonic()
        yield
        self._steps[name] = round(time.monotonic() - start, 2)


def told(failure: BaseException, environment: Environment) -> str:
    """A failure in words, with no secret that the app has said, and no line too long to read."""
    # Shortened last: of half a secret nobody would know that it is one.
    lines = environment.mask(str(failure)).splitlines()
    return "\n".join(line if len(line) <= LONGEST else f"{line[:LONGEST]}..." for line in lines)
