"""Debian packages."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from windlass.agent.failures import CommandFailed, Failed
from windlass.agent.resources import dpkg
from windlass.agent.resources.resource import Diff, Resource, State, Unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

# How long apt waits for another dpkg, e.g. the first boot's updates on a new cloud host (seconds).
LOCK_TIMEOUT = 600
INSTALL_TIMEOUT = 1800
OUTDATED = re.compile(r"Unable to fetch|Failed to fetch|Unable to locate|has no installation candidate|404 +Not Found")
# What dpkg says of a package goes on in the next line.
ERROR = re.compile(r"^(?:E: .*|dpkg: error processing .*(?:\n .*)?)", re.MULTILINE)
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
STUCK = (
    "`dpkg --audit` on the host says which packages dpkg cannot finish; repair them, or give them up with"
    " `dpkg --remove --force-remove-reinstreq PACKAGE`."
)
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
            raise Failed(str(failure), hint=STUCK) from None
        self.machine.forget()

    def _install(self, names: list[str], *options: str) -> None:
        old = bool(names) and _index_age() >= INDEX_AGE
        if old:
            self._update()
        try:
            self._install_once(names, *options)
        except Failed as failure:
            # The index may name versions that the mirror has replaced since, or be older than a source of packages.
            if old or not OUTDATED.search(str(failure)):
                raise
            self._update()
            self._install_once(names, *options)

    def _update(self) -> None:
        self.machine.heed_abort()
        self.machine.say("apt-get update")
        self._run(UPDATE)

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
        try:
            self.machine.run(command, timeout=INSTALL_TIMEOUT, env=environment, each_line=waiting, finishing=finishing)
        except CommandFailed as failure:
            raise Failed(_reason(failure.output)) from None


def _index_age() -> float:
    """Seconds since apt last fetched its index; infinite when there is none."""
    folder = "/var/lib/apt/lists"
    if not any(name.endswith("Release") for name in os.listdir(folder)):
        return float("inf")
    # The files themselves carry the mirror's times; apt touches the folders.
    return time.time() - max(os.stat(path).st_mtime for path in (folder, f"{folder}/partial"))


def _reason(output: str) -> Any:
    """apt's own error lines (`E: ...`) and dpkg's, or the end of what was said."""
    return "; ".join(" ".join(error.split()) for error in ERROR.findall(output)) or output.strip()[-500:]
