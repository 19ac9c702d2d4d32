"""What a host needs to be told about: pending updates, failed units, a reboot, programs older than their files."""

from __future__ import annotations

import glob
import os
import re
from typing import TYPE_CHECKING

from windlass.agent.failures import CommandTrouble
from windlass.agent.process import children
from windlass.agent.release.instance import Instance
from windlass.agent.release.records import Releases

if TYPE_CHECKING:
    from collections.abc import Iterable

    from windlass.agent.machine import Machine
    from windlass.agent.messages.documents import VitalSigns

REBOOT = "/run/reboot-required"
# Debug::NoLocking: a question must not wait for, or get in the way of, an apt that works.
SIMULATE = ("apt-get", "-q", "-s", "-o", "Debug::NoLocking=true", "--with-new-pkgs", "upgrade")
# Of a service that has more processes than this, not all are looked at.
MOST = 2000
# Files that come and go by design.
_FLEETING = ("/dev/", "/memfd:", "/run/", "/tmp/", "/var/tmp/", "/SYSV")  # noqa: S108 - names in a kernel's list
# proc_pid_maps(5): a mapped program or library, of which the file is gone or another.
_REPLACED = re.compile(r"\S+ ..x\S \S+ \S+ \d+ +(/.*) \(deleted\)")


def vitals(machine: Machine, apps: list[str]) -> VitalSigns:
    """The vital signs of a host.

    `updates` and `security_updates` are numbers of packages (None = apt does not know), `failed_units` are names,
    `reboot` says whether one is wanted. `stale` maps nginx and apps to the names of programs and libraries that they
    run and that have been replaced on the disk since; without those for which that is not so.
    """
    updates, security = _updates(machine)
    return {
        "updates": updates,
        "security_updates": security,
        "failed_units": _failed_units(machine),
        "reboot": os.path.exists(REBOOT),
        "stale": _stale(machine, apps),
    }


def _updates(machine: Machine) -> tuple[int | None, int | None]:
    if not glob.glob("/var/lib/apt/lists/*_Packages*"):
        return None, None  # nothing was ever fetched: 0 would be a guess
    try:
        lines = machine.run(SIMULATE, timeout=30).splitlines()
    except CommandTrouble:
        return None, None
    pending = [line for line in lines if line.startswith("Inst ")]
    # `Inst NAME [OLD] (NEW Debian-Security:12/stable-security [amd64])`; Ubuntu has `Ubuntu:24.04/noble-security`.
    return len(pending), len([line for line in pending if "-security" in line.lower()])


def _failed_units(machine: Machine) -> list[str]:
    lines = machine.run(["systemctl", "list-units", "--failed", "--plain", "--no-legend", "--no-pager"]).splitlines()
    return [line.split()[0] for line in lines if line.strip()]


def _stale(machine: Machine, apps: list[str]) -> dict[str, list[str]]:
    units = {"nginx": "nginx.service"}
    for app in apps:
        current = Releases(f"/srv/{app}").current
        if current:
            units[app] = Instance(machine, app, current.id).service
    shown = machine.run(["systemctl", "show", "--property=MainPID", "--", *units.values()])
    pids = re.findall(r"MainPID=(\d+)", shown)
    found = {name: sorted(_replaced(_family(int(pid))))[:MOST] for name, pid in zip(units, pids) if pid != "0"}
    return {name: files for name, files in found.items() if files}


def _family(pid: int) -> list[int]:
    """A process and those below it, as far as they are still there, however long their chain is; the first MOST."""
    family = [pid]
    for each in family:
        if len(family) < MOST:
            family += children(each)
    return family[:MOST]


def _replaced(pids: list[int]) -> set[str]:
    return set().union(*map(_replaced_of, pids))


def _replaced_of(pid: int) -> set[str]:
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as maps:
            return replaced_in(maps)
    except OSError:  # it has ended
        return set()


def replaced_in(maps: Iterable[str]) -> set[str]:
    """The names of the programs and libraries in the lines of a process's map that are on the disk no more."""
    paths = {found[1] for line in maps if (found := _REPLACED.fullmatch(line.rstrip("\n")))}
    return {os.path.basename(path) for path in paths if not path.startswith(_FLEETING)}
