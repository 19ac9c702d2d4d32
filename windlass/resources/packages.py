"""[H] Debian packages."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from windlass.machine import CommandFailed
from windlass.resources.resource import Diff, Failed, Resource, State, Unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

# How long apt waits for another dpkg, e.g. the first boot's updates on a new cloud host (seconds).
LOCK_TIMEOUT = 600
INSTALL_TIMEOUT = 1800
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


@dataclass(eq=False)
class Packages(Resource):
    """Debian packages that must be installed, whatever their version; several make one apt run.

    A name may have alternatives, `exim4|postfix`: where none of them is installed, the first will be.
    """

    names: Sequence[str]
    notify: Sequence[Resource] = ()

    @property
    def key(self) -> str:
        return " ".join(self.names)

    def desired(self) -> State:
        return dict.fromkeys(self.names, "installed")

    def actual(self) -> State:
        states = self.machine.probe("packages", _installed)
        return {name: "missing" if states.isdisjoint(name.split("|")) else "installed" for name in self.names}

    def apply(self, diff: Diff) -> None:
        if os.listdir("/var/lib/dpkg/updates"):
            self.machine.say("dpkg was interrupted: finishing that first")
            self._run(["dpkg", "--configure", "-a"])
        names = [name.partition("|")[0] for name in diff]
        fresh = _index_age() < INDEX_AGE
        if not fresh:
            self._update()
        try:
            self._install(names)
        except Failed as failure:
            # The index may name versions that the mirror has replaced since, or be older than a source of packages.
            if not fresh or not OUTDATED.search(str(failure)):
                raise
            self._update()
            self._install(names)

    def _update(self) -> None:
        self.machine.say("apt-get update")
        self._run(UPDATE)

    def _install(self, names: list[str]) -> None:
        self.machine.say(f"apt-get install {' '.join(names)}")
        self._run([*INSTALL, *names])

    def _run(self, command: Sequence[str]) -> None:
        said: set[str] = set()

        def waiting(line: str) -> None:
            # apt says it again every second.
            if line.startswith("Waiting for cache lock") and line not in said:
                said.add(line)
                self.machine.say(line)

        environment = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1"}
        try:
            self.machine.run(command, timeout=INSTALL_TIMEOUT, env=environment, each_line=waiting)
        except CommandFailed as failure:
            raise Failed(_reason(failure.output)) from None


def _installed() -> set[str]:
    """Names of installed packages, read off dpkg's own database: no process needed."""
    names: set[str] = set()
    name = ""
    try:
        with open("/var/lib/dpkg/status", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("Package: "):
                    name = line[9:-1]
                elif line.startswith("Status: ") and line.endswith(" installed\n"):
                    names.add(name)
    except FileNotFoundError:
        raise Unknown("this is no Debian: there is no /var/lib/dpkg/status") from None
    return names


def _index_age() -> float:
    """Seconds since apt last fetched its index; infinite when there is none."""
    folder = "/var/lib/apt/lists"
    if not any(name.endswith("Release") for name in os.listdir(folder)):
        return float("inf")
    # The files themselves carry the mirror's times; apt touches the folders.
    return time.time() - max(os.stat(path).st_mtime for path in (folder, f"{folder}/partial"))


def _reason(output: str) -> Any:
    """apt's own error lines (`E: ...`), or the end of what it said."""
    errors = [line for line in output.splitlines() if line.startswith("E: ")]
    return "; ".join(errors) or output.strip()[-500:]
