"""A Debian package whose installation waits where a test wants to meet dpkg at work, from an archive on the host."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from windlass.lab import LabHost

# dpkg runs the one while it unpacks a package, the other while it configures it.
UNPACKING, CONFIGURING = "preinst", "postinst"
MAKE = r"""set -e
control=/opt/slow/tree/DEBIAN
mkdir -p $control && cd /opt/slow
printf '%s: %s\n' Package slow Version 1 Architecture all Maintainer test Description slow > $control/control
for step in preinst postinst; do
    at=/run/slow.$step
    printf '#!/bin/sh\ntouch %s\nuntil [ -e %s.go ]; do sleep 0.1; done\n' $at $at > $control/$step
    chmod 755 $control/$step
done
dpkg-deb --build tree slow.deb
{ cat $control/control; echo Filename: ./slow.deb; echo Size: $(stat -c %s slow.deb)
  echo SHA256: $(sha256sum slow.deb | cut -d' ' -f1); } > Packages
echo 'deb [trusted=yes] file:/opt/slow ./' > /etc/apt/sources.list.d/slow.list"""
REMOVE = "rm -rf /opt/slow /etc/apt/sources.list.d/slow.list"


class SlowPackage:
    """The package `slow`, which apt can install on a host."""

    def __init__(self, host: LabHost) -> None:
        self._host = host

    @property
    def status(self) -> str:
        """What dpkg says of it, e.g. "install ok installed"."""
        return self._host.run("dpkg-query -W -f '${Status}' slow")

    def reached(self, step: str) -> None:
        """Waits until dpkg is at a step, and stays there until `go`."""
        self._host.run(f"until [ -e /run/slow.{step} ]; do sleep 0.1; done", timeout=120)

    def go(self, *steps: str) -> None:
        """Lets dpkg go on."""
        self._host.run("".join(f"touch /run/slow.{step}.go;" for step in steps))

    def purge(self) -> None:
        """As if it had never been there."""
        self._host.run("dpkg --purge slow && rm -f /run/slow.*")


@contextmanager
def slow_package(host: LabHost) -> Iterator[SlowPackage]:
    """Has apt know the package; in the end the host is as it was before."""
    host.run(MAKE)
    slow = SlowPackage(host)
    try:
        yield slow
    finally:
        slow.go(UNPACKING, CONFIGURING)  # nothing waits for ever
        slow.purge()
        host.run(REMOVE)
