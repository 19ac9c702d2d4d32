"""The way of an app's traffic from one release to another, with no request lost and a way back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent.failures import Failed
from windlass.agent.release.records import GOOD

if TYPE_CHECKING:
    from windlass.agent.release.health import Question
    from windlass.agent.release.instance import Instance
    from windlass.agent.release.records import Record, Releases
    from windlass.agent.release.visitors import Visitors

# While the new release has the traffic and the old one could have it back, how often it is asked (seconds).
INTERVAL = 0.25
# ... and how long it may take to become well again, for visitors wait meanwhile (seconds).
PATIENCE = 5
# nginx resolves `current` when it connects: a connection that has begun is in the old queue within this time (seconds).
SETTLE = 0.1
# A watch that ends when enough visitors were served has at least this time (seconds).
LEAST = 0.5
# A watch goes on for so much longer, so that a crash at its end is noticed; more than SETTLE (seconds).
MARGIN = 0.25


@dataclass(frozen=True)
class Switch:
    """From `old` (None = there is none) to `new`, the instance of `record`; `question` is the health check.

    Times are in seconds. `visitors` come for the time of the switch, which is over before `watch` when `enough` of them
    were served (0 = it is not); if more than `max_failed` of their requests fail, it is undone.
    """

    releases: Releases
    record: Record
    new: Instance
    old: Instance | None
    question: Question
    visitors: Visitors
    drain_timeout: float
    watch: float
    enough: int
    max_failed: int

    def turn(self) -> None:
        """Gives the traffic to the new release, which is healthy, watches, and puts down that it is good.

        Raises Failed with the traffic back where it was. Both start at boot meanwhile: a power cut at any moment leaves
        one that `current` points to, and after it both run until the next run ends the other.
        """
        self.new.enable()
        if self.old is not None:
            self.visitors.come()
        self.releases.point_to(self.new.release)
        try:
            self._watch()
            self.record.state = GOOD
            self.releases.save(self.record)
        except BaseException:
            self.releases.point_to(self.old.release if self.old else "")
            self._withdraw()
            raise

    def _watch(self) -> None:
        left = self.watch + MARGIN
        start = time.monotonic()
        end = start + left
        while left > 0 and not (self._is_enough and time.monotonic() - start > LEAST):
            time.sleep(min(INTERVAL, left))
            left = end - time.monotonic()
            self.new.await_health(self.question, PATIENCE)
            self._check_visitors()
        self.new.check_workers()
        # Who still waits for an answer may wait in vain.
        self.visitors.leave()
        self._check_visitors()

    @property
    def _is_enough(self) -> bool:
        """Whether as many visitors as need be were served; where there was no release before, none come."""
        if not self.enough or self.visitors.hindrance:
            return False
        return self.old is None or self.visitors.met().get("requests", 0) >= self.enough

    def _check_visitors(self) -> None:
        failures = self.visitors.failures
        if len(failures) > self.max_failed:
            raise Failed(
                f"release {self.new.release} lost requests: {len(failures)} of {self.visitors.met()['requests']} that"
                f" came through nginx failed, the first with: {failures[0]}",
                hint="`max_failed_requests` says how many may.",
            )

    def _withdraw(self) -> None:
        """What the new instance has taken up, it may answer; not if it hangs, for then it would never."""
        time.sleep(SETTLE)
        try:
            self.question.ask(self.new.address, PATIENCE)
        except OSError:
            return
        retire(self.new, self.question, self.drain_timeout)
        self.new.await_end()

    def finish(self) -> int:
        """Has the old instance end when it has answered what it has; gives back how many requests it has cut."""
        if self.old is None:
            return 0
        retire(self.old, self.question, self.drain_timeout)
        waited_for = self.old.in_flight
        if not waited_for:
            return 0
        self.old.machine.say(f"waiting for {waited_for} requests of release {self.old.release}")
        self.old.await_end()
        return self.old.cut()


def retire(instance: Instance, question: Question, drain_timeout: float) -> None:
    """Has an instance end that has had no new connections for a while (SETTLE); nobody needs to wait for it.

    Its queue is served in order: once a question of our own is answered, all that was queued before it has been taken
    up, and what is taken up, Gunicorn finishes before it stops.
    """
    instance.disable()
    try:
        question.ask(instance.address, drain_timeout)
    except OSError:
        pass  # it hangs or is dead: there is no reason to wait for it
    time.sleep(SETTLE)
    instance.stop()
