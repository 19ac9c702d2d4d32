"""[H] The way of an app's traffic from one release to another, with no request lost and a way back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from windlass.release.health import Question
    from windlass.release.instance import Instance
    from windlass.release.records import Releases

# While the new release has the traffic and the old one could have it back, how often it is asked (seconds).
INTERVAL = 0.25
# ... and how long it may take to become well again, for visitors wait meanwhile (seconds).
PATIENCE = 5
# nginx resolves `current` when it connects: a connection that has begun is in the old queue within this time (seconds).
SETTLE = 0.1
# systemd's own limit for stopping an instance is in its unit; this much on top for systemctl itself (seconds).
MARGIN = 30


@dataclass(frozen=True)
class Switch:
    """From `old` (None = there is none) to `new`; `question` is the health check, times are in seconds."""

    releases: Releases
    new: Instance
    old: Instance | None
    question: Question
    health_timeout: float
    drain_timeout: float
    watch: float

    def start(self) -> None:
        """Starts the new instance beside the old one, and waits until it is healthy; raises Failed."""
        self.new.start()
        self.new.await_health(self.question, self.health_timeout)

    def turn(self) -> None:
        """Gives the traffic to the new release and watches; raises Failed with the traffic back where it was.

        Both start at boot meanwhile: a power cut at any moment leaves one that `current` points to.
        """
        self.new.enable()
        self.releases.point_to(self.new.release)
        if self.old is None:
            return
        try:
            self._watch()
        except BaseException:
            self.releases.point_to(self.old.release)
            raise

    def _watch(self) -> None:
        end = time.monotonic() + self.watch
        while time.monotonic() < end:
            self.new.await_health(self.question, min(self.health_timeout, PATIENCE))
            time.sleep(INTERVAL)

    def finish(self) -> None:
        """Lets the old instance answer what it has, and ends it."""
        if self.old is not None:
            retire(self.old, self.question, self.drain_timeout)


def retire(instance: Instance, question: Question, drain_timeout: float) -> None:
    """Ends an instance that gets no new connections.

    Its queue is served in order: once a question of our own is answered, all that was queued before it has been taken
    up, and what is taken up, Gunicorn finishes before it stops.
    """
    instance.disable()
    time.sleep(SETTLE)
    try:
        question.ask(instance.address, drain_timeout)
    except OSError:
        pass  # it hangs or is dead: there is no reason to wait for it
    time.sleep(SETTLE)
    instance.stop(drain_timeout + MARGIN)
