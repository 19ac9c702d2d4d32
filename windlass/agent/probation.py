"""A change that could lock everybody out: the host takes it back by itself unless a second login works in time."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from windlass.agent import files
from windlass.agent.failures import CommandFailed, Failed

if TYPE_CHECKING:
    from collections.abc import Callable

    from windlass.agent.machine import Machine

FOLDER = "/var/lib/windlass/probation"
UNITS = "/etc/systemd/system"
# Time for three tries of a login, each with its timeouts (seconds).
DELAY = 60

# `armed` goes to whoever renames it first: this script to take the change back, or the agent to keep it. `undoing`
# stays until all is done, so that a boot in the middle of it goes on.
SCRIPT = """\
# From Windlass: takes a change back that no second login has confirmed.
cd {folder} || exit 0
mv armed undoing 2>/dev/null
[ -e undoing ] || exit 0
{restore}
[ "$1" = boot ] || {{ {reload}; }}
sync -f . /etc  # not all file systems: one that does not answer would keep it
rm -f {wanted} {boot_unit}
mv undoing undone
"""
AT_BOOT = """\
[Unit]
Description=Take back a change of {name} that no second login has confirmed
DefaultDependencies=no
After=local-fs.target
Before=sysinit.target

[Service]
Type=oneshot
ExecStart=/bin/sh {folder}/undo boot
"""


class Probation:
    """A change of `name` (a word) that must prove itself within `delay` seconds.

    `restore` is shell that puts the old state back on disk, `reload` is shell that has it take effect; both start in
    `folder`, where the old state is to be kept, and may run more than once. A boot in between restores as well.
    """

    def __init__(self, machine: Machine, name: str, *, restore: str, reload: str, delay: int = DELAY) -> None:
        self._machine = machine
        self._name = name
        self._restore = restore
        self._reload = reload
        self._delay = delay
        self.folder = f"{FOLDER}/{name}"
        self._unit = f"windlass-undo-{name}"
        self._boot_unit = f"{UNITS}/{self._unit}-at-boot.service"
        self._wanted = f"{UNITS}/sysinit.target.wants/{self._unit}-at-boot.service"

    @property
    def pending(self) -> bool:
        """Whether a change was made that nobody has confirmed or taken back: whoever made it has crashed."""
        return any(os.path.lexists(f"{self.folder}/{state}") for state in ("armed", "undoing"))

    def begin(self) -> None:
        """Makes an empty `folder` for the old state; takes back what is still pending."""
        self._take_back()
        files.own_folder(FOLDER)
        os.mkdir(self.folder, mode=0o700)

    def change(self, step: Callable[[], None]) -> None:
        """Arms the host, makes the change, and keeps it only if a second login works.

        Raises Failed, with the old state back, when `step` does or the login does not.
        """
        try:
            self._arm()
            step()
            reason = self._machine.log_in_again()
        except BaseException:
            self._take_back()
            raise
        if reason:
            self._take_back()
            raise Failed(
                "taken back, because no second login works with it",
                hint="The first login has stayed open meanwhile; nothing is lost.",
                said=reason,
            )
        self._keep()

    def _arm(self) -> None:
        values = {
            "folder": self.folder,
            "name": self._name,
            "restore": self._restore,
            "reload": self._reload,
            "wanted": self._wanted,
            "boot_unit": self._boot_unit,
        }
        files.write(f"{self.folder}/undo", SCRIPT.format(**values).encode(), mode=0o700)
        files.write(self._boot_unit, AT_BOOT.format(**values).encode())
        os.makedirs(os.path.dirname(self._wanted), exist_ok=True)
        files.link(self._wanted, self._boot_unit)
        files.write(f"{self.folder}/armed", b"")
        timer = [f"--unit={self._unit}", f"--on-active={self._delay}", "--timer-property=AccuracySec=100ms"]
        self._machine.run(["systemd-run", "--quiet", "--collect", *timer, "/bin/sh", f"{self.folder}/undo"])
        self._machine.say(f"armed: the host takes it back in {self._delay} s unless a second login works")

    def _take_back(self) -> None:
        if self.pending:
            self._machine.run(["/bin/sh", f"{self.folder}/undo"])
        self._clear()

    def _keep(self) -> None:
        try:
            os.rename(f"{self.folder}/armed", f"{self.folder}/kept")
        except FileNotFoundError:
            # The host is at it, or has been while the change was still being made: once more, from the beginning.
            self._stop()
            files.write(f"{self.folder}/armed", b"")
            self._take_back()
            raise Failed(f"taken back by the host, because the second login took longer than {self._delay} s") from None
        self._clear()
        self._machine.say("a second login works: kept")

    def _stop(self) -> None:
        try:
            self._machine.run(["systemctl", "stop", f"{self._unit}.timer", f"{self._unit}.service"])
        except CommandFailed:
            pass  # they have never been started, or are done

    def _clear(self) -> None:
        self._stop()
        for path in (self._wanted, self._boot_unit):
            if os.path.lexists(path):
                os.unlink(path)
        shutil.rmtree(self.folder, ignore_errors=True)
