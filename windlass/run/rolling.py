"""A run over several hosts, batch by batch: where it fails it stops, and what has changed hands goes back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from windlass.errors import HostError
from windlass.output.outcome import Outcome
from windlass.run.plan import Rollbacks
from windlass.run.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import fabric

    from windlass.host import Host


@dataclass
class Rolling:
    """Hosts of `run` in batches of `serial` (a number or a percentage; None = what the hosts' settings say).

    With `keep_going` a failed batch neither stops those that follow, nor is anything taken back.
    """

    run: Run
    serial: str | None = None
    keep_going: bool = False

    def converge(self, hosts: Sequence[Host], given: Mapping[str, fabric.Connection] | None = None) -> list[Outcome]:
        """Converges the hosts, and gives back an outcome for each that was begun or that a failure has kept back."""
        self.run.plan.prepare(hosts)
        batches = list(self._batches(hosts))
        outcomes: list[Outcome] = []
        for number, batch in enumerate(batches):
            if len(batches) > 1:
                self.run.report.batch([host.name for host in batch], number + 1, len(batches))
            outcomes += self.run.converge(batch, given)
            failed = [outcome.host for outcome in outcomes if outcome.exit_status]
            if self.run.interrupted:
                break
            # Without its leader's release command, no other host may have the code that counts on it.
            if failed and (not self.keep_going or self._is_led_by(batch)):
                outcomes += self._held_back([host for rest in batches[number + 1 :] for host in rest], failed[0])
                break
        if not (self.run.interrupted or self.keep_going or self.run.request.check):
            self._revert(hosts, outcomes)
        order = [host.name for host in hosts]
        return sorted(outcomes, key=lambda outcome: order.index(outcome.host))

    def _batches(self, hosts: Sequence[Host]) -> Iterator[list[Host]]:
        leaders = self.run.plan.leaders()
        # One by one, in order: who leads for one app may be led for another, by one before it.
        yield from ([host] for host in hosts if host.name in leaders)
        left = [host for host in hosts if host.name not in leaders]
        while left:
            size = _size(self.serial or left[0].settings.serial, len(hosts))
            yield left[:size]
            left = left[size:]

    def _is_led_by(self, batch: list[Host]) -> bool:
        return not self.run.plan.leaders().isdisjoint(host.name for host in batch)

    def _held_back(self, hosts: list[Host], failed: str) -> list[Outcome]:
        error = HostError(f"not begun, because {failed} failed", hint="--keep-going goes on with the others.")
        outcomes = [Outcome(host.name, error=error) for host in hosts]
        for outcome in outcomes:
            self.run.report.finished(outcome)
        return outcomes

    def _revert(self, hosts: Sequence[Host], outcomes: list[Outcome]) -> None:
        """Where an app has failed on one host, all others that have switched it go back, so that they agree."""
        apps = {host.name: set(self.run.plan.apps(host)) for host in hosts}
        broken = {app for outcome in outcomes for app in outcome.broken(apps[outcome.host])}
        back: dict[str, dict[str, str]] = {}
        for outcome in outcomes:
            releases = {app: before for app, before in outcome.switched().items() if app in broken}
            if releases:
                back[outcome.host] = releases
        if not back:
            return
        self.run.report.reverting({host: list(releases) for host, releases in back.items()})
        request = replace(self.run.request, command=f"{self.run.request.command} (taken back)")
        reverting = Run(request, self.run.options, Rollbacks(to=back), self.run.report)
        taken_back = {each.host: each for each in reverting.converge([host for host in hosts if host.name in back])}
        self.run.interrupted = reverting.interrupted
        for outcome in outcomes:
            if outcome.host in taken_back:
                outcome.take_back(taken_back[outcome.host])


def _size(serial: str | None, count: int) -> int:
    """How many hosts a batch has, out of `count` in all; at least one."""
    if serial is None:
        return count
    if serial.endswith("%"):
        return max(1, count * int(serial[:-1]) // 100)
    return int(serial)
