"""Hosts on which the packages of all roles are already, for tests that are not about installing them.

Windlass installs them on one bare host for each Debian that is wanted, which becomes an image: all workers of a test
run share it, and clone hosts from it. What makes a host that one host is not in the image, but made anew as for any
bare host.
"""

from __future__ import annotations

from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from roles.base import base
from tests.lab.abandoned import IMAGE_OF, held_together, remove_abandoned
from tests.lab.resources_on import converge
from tests.roles import hosts
from windlass.agent.resources import Packages
from windlass.lab import image
from windlass.lab.lock import locked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from windlass.lab import Lab, LabHost

# The first boot of a clone makes logins, keys of the host, and this machine's certificate authorities again.
FORGET = """set -e
rm -rf /var/lib/windlass /var/log/windlass /var/log/journal/* /var/lib/systemd/credential.secret
rm -rf /root/.ssh /etc/ssh/ssh_host_* /etc/sudoers.d/deploy
for user in deploy careful; do pkill -KILL -u $user || true; userdel --remove $user 2>/dev/null || true; done
rm -f /usr/local/share/ca-certificates/lab-*
find /etc/ssl/certs -xtype l -delete
update-ca-certificates >/dev/null 2>&1
: >/etc/machine-id"""


class Equipped:
    """Makes such hosts for the labs of one test run, whose workers share the folder `run`."""

    def __init__(self, run: Path) -> None:
        self._run = run

    def add(self, lab: Lab, name: str, debian: str = "debian:12") -> LabHost:
        """A host `name` in the lab; it may still be booting (`wait`)."""
        number = debian.rpartition(":")[2]
        kind = f"equipped-{sha256(str(self._run).encode()).hexdigest()[:8]}:{number}"
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(image.SUITES, kind, image.suite_of(debian))
            with locked(self._run / f"equipped-{number}.lock", print, "another worker to equip a host"):
                tag = image._tag(kind, image.suite_of(debian), *image.HOST_PACKAGES, image.CLEAN)
                if not lab.engine.succeeds("image", "inspect", tag):
                    self._make(lab, debian, tag)
            return lab.add_host(name, image_name=kind, say=print)

    def _make(self, lab: Lab, debian: str, tag: str) -> None:
        mould = lab.add_host(f"mould-{tag[-12:]}", image_name=debian, say=print)
        try:
            mould.wait()
            declared = base(hosts.host(os_version=debian.rpartition(":")[2]), [])
            (result,), _ = converge(lab, mould, next(each for each in declared if isinstance(each, Packages)))
            assert result.status == "changed", result
            mould.run(FORGET)
            mould.stop()
            lab.engine.run("commit", "--change", f"LABEL {IMAGE_OF}={self._run}", mould.container, tag, timeout=300)
        finally:
            lab.remove_host(mould.name)


@contextmanager
def equipping(run: Path) -> Iterator[Equipped]:
    """For one worker; the images go with the last worker that has one of these."""
    with held_together(run):
        yield Equipped(run)
    remove_abandoned()
