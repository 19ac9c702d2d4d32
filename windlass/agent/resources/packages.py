"""Debian packages."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from windlass.agent.failures import CommandFailed, Failed
from windlass.agent.others import described, lock_holder
from windlass.agent.resources import dpkg
from windlass.agent.resources.apt_reason import advice, reason, warnings
from windlass.agent.resources.resource import Diff, Resource, State, Unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

# How long apt waits for another dpkg, e.g. the first boot's updates on a new cloud host (seconds).
LOCK_TIMEOUT = 600
INSTALL_TIMEOUT = 1800
# The locks that DPkg::Lock::Timeout does not cover, and what apt says of them (apt 2.6 and 3.0).
LOCKS = ("/var/lib/apt/lists/lock", "/var/cache/apt/archives/lock")
LOCKED = re.compile(r"Could not get lock (?:/var/lib/apt/lists|/var/cache/apt/archives)")
OUTDATED = re.compile(r"Unable to fetch|Failed to fetch|Unable to locate|has no installation candidate|404 +Not Found")
# An index younger than this is not fetched again (seconds).
INDEX_AGE = 3600

APT = ("apt-get", "-q", "-y", "-o", f"DPkg::Lock::Timeout={LOCK_TIMEOUT}", "-o", "Dpkg::Use-Pty=0")
# Without this an index that cannot be fetched is a warning, and apt-get exits with 0 (apt.conf(5)).
UPDATE = (
    *APT,
    "-o",
    "APT::Update::Error-Mode=any",
    "-o",
    "Acquire::Retries=2",
    "-o",
    "Acquire::http::Timeout=20",
    "update",
)
# A configuration file that somebody changed stays as it is (dpkg(1)); recommended packages are left out.
INSTALL = (
    *APT, "--no-install-recommends", "-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold",
    "install",
)  # fmt: skip

# A Ctrl-C is apt's matter alone, not that of a dpkg which it finds at work.
CONFIGURE = ("sh", "-c", "trap '' INT; exec dpkg --force-confdef --force-confold --configure -a")
# Downloads end at once.
FINISHING = "apt ends as soon as dpkg has done what it has begun"
# What of a half-done dpkg is an attribute beside the packages; no package has such a name.
EARLIER = "earlier dpkg run"
# So many packages are named (count).
NAMES = 5


@dataclass(eq=False)
class Packages(Resource):
    """Debian packages that must be installed, whatever their version; several make one apt run.

    A name may have alternatives, `exim4|postfix`: where none of them is installed, the first will be.
    What an interrupted dpkg has left half done is repaired first, be it these packages or others.
    """

    names: Sequence[str]
    notify: Sequence[Resource] = ()
    wavering = (EARLIER,)
    _applied = False

    def __post_init__(self) -> None:
        self._told: list[str] = []  # trouble that is no concern of these packages
        self._hint: str | None = None

    @property
    def key(self) -> str:
        return " ".join(self.names)

    def desired(self) -> State:
        return {**dict.fromkeys(self.names, "installed"), EARLIER: "finished"}

    def actual(self) -> State:
        found = self._dpkg()
        missing = self._missing()
        states = {name: "missing" if name in missing else "installed" for name in self.names}
        # Once it was repaired, whoever is at dpkg now is another.
        return {**states, EARLIER: "finished" if found.is_done or self._applied else "unfinished"}

    def apply(self, diff: Diff) -> None:
        if not self._dpkg().is_done:
            self._repair()
        if missing := self._missing():
            self._install([name.partition("|")[0] for name in missing])
        self._applied = True

    def notes(self) -> dict[str, str]:
        return {"warning": "\n".join(self._told)} if self._told else {}

    def _dpkg(self) -> dpkg.Dpkg:
        try:
            return self.machine.probe("packages", dpkg.read)
        except FileNotFoundError:
            raise Unknown("this is no Debian: there is no /var/lib/dpkg/status") from None

    def _missing(self) -> list[str]:
        installed = self._dpkg().installed
        return [name for name in self.names if installed.isdisjoint(name.split("|"))]

    def _repair(self) -> None:
        """Has dpkg go on, and then apt get anew what it cannot go on with; nothing is removed but what was to go."""
        names = self._dpkg().half_done
        more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
        what = f"{' '.join(names[:NAMES])}{more}" if names else "its records"
        self.machine.say(f"dpkg was interrupted, or is at work: repairing {what}", whole=True)
        try:
            self._run(CONFIGURE, FINISHING)
        except Failed:
            pass  # apt does the rest, or says why not; it also waits for another dpkg that is at work
        self.machine.forget()
        found = self._dpkg()
        try:
            self._install(found.torn, "-f", "--reinstall", *([] if found.removing else ["--no-remove"]))
        except Failed as failure:
            self.machine.heed_abort()
            # What has nothing to do with what is wanted stops nothing.
            self._hint = advice(str(failure), torn=bool(found.torn))
            self._told.append(f"dpkg cannot finish {what}: {failure}\n  {self._hint}")
        self.machine.forget()

    def _install(self, names: list[str], *options: str) -> None:
        old = bool(names) and _index_age() >= INDEX_AGE
        if old:
            self._update()
        try:
            self._install_once(names, *options)
        except Failed as failure:
            # The index may name versions that the mirror has replaced since, or be older than a source of packages.
            if not old and OUTDATED.search(str(failure)):
                self._update()
                self._install_once(names, *options)
                return
            self.machine.forget()
            if options or self._missing():
                raise Failed("\n".join([str(failure), *self._told]), hint=failure.hint or self._hint) from None
            if not self._told:
                self._told = [str(failure)]  # they are there, what is not is another's matter

    def _update(self) -> None:
        """Fetches the index; sources that cannot be used are told, for what is wanted may be in another one."""
        self.machine.heed_abort()
        self.machine.say("apt-get update")
        try:
            self._run(UPDATE)
        except Failed as failure:
            self._told.append(f"apt-get update: {failure}")

    def _install_once(self, names: list[str], *options: str) -> None:
        self.machine.say(f"apt-get {' '.join([*options, 'install', *names])}")
        self._run([*INSTALL, *options, *names], FINISHING)

    def _run(self, command: Sequence[str], finishing: str = "") -> None:
        said: set[str] = set()

        def waiting(line: str) -> None:
            # apt says it again every second.
            if line.startswith("Waiting for cache lock") and line not in said:
                said.add(line)
                self.machine.say(line)

        environment = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1"}
        deadline = time.monotonic() + LOCK_TIMEOUT
        while True:
            self._await_others(deadline)
            try:
                self.machine.run(
                    command, timeout=INSTALL_TIMEOUT, env=environment, each_line=waiting, finishing=finishing
                )
            except CommandFailed as failure:
                if LOCKED.search(failure.output) and time.monotonic() < deadline:
                    continue  # somebody was faster
                said_of_it = warnings(failure.output) if command is UPDATE else ""
                raise Failed(said_of_it or reason(failure.output)) from None
            return

    def _await_others(self, deadline: float) -> None:
        """Waits until nobody has the locks for which apt itself does not wait."""
        for path in LOCKS:
            while (process := lock_holder(path)) and time.monotonic() < deadline:
                self.machine.await_other(f"{described(process)} has {path}")


def _index_age() -> float:
    """Seconds since apt last fetched its index; infinite when there is none."""
    folder = "/var/lib/apt/lists"
    if not any(name.endswith("Release") for name in os.listdir(folder)):
        return float("inf")
    # The files themselves carry the mirror's times; apt touches the folders.
    return time.time() - max(os.stat(path).st_mtime for path in (folder, f"{folder}/partial"))
