"""Debian packages on a real host, with a real mirror and real trouble."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.resources_on import converge
from tests.lab.slow_package import CONFIGURING, slow_package
from windlass.agent.resources import Packages, PublicFiles

if TYPE_CHECKING:
    from windlass.lab import Lab, LabHost

pytestmark = pytest.mark.lab

# Holds dpkg's lock as another apt does (flock(1) would not) until apt has waited for it for a while.
LOCK = """systemd-run -q --unit=locker python3 -c '
import fcntl, time
file = open("/var/lib/dpkg/lock-frontend", "w")
fcntl.lockf(file, fcntl.LOCK_EX)
open("/run/locked", "w")
time.sleep(15)
'
while [ ! -e /run/locked ]; do sleep 0.1; done"""

UNFINISHED = {"earlier dpkg run": ["unfinished", "finished"]}
# In the middle of unpacking, as a lack of memory does it.
KILL_DPKG = """systemd-run -q sh -c '
until [ -e /run/slow.preinst ]; do sleep 0.1; done
kill -9 $(pgrep -x dpkg)
touch /run/slow.preinst.go
'"""
LEAVE = "sed -i '/^Package: {}$/,/^Status:/s/^Status: .*/Status: {}/' /var/lib/dpkg/status;"


def test_life_of_packages_on_a_bare_host(lab: Lab, fresh_host: LabHost) -> None:
    packages = Packages(["tree", "less"])
    (checked,), _ = converge(lab, fresh_host, packages, check=True)
    assert checked.diff == {"tree": ["missing", "installed"], "less": ["missing", "installed"]}
    (installed,), said = converge(lab, fresh_host, packages)
    assert (installed.status, said[:1]) == ("changed", ["apt-get update"])
    (again,), said = converge(lab, fresh_host, packages)
    assert (again.status, said) == ("ok", [])

    (unknown,), said = converge(lab, fresh_host, Packages(["tree", "no-such-package"]))
    assert (unknown.status, unknown.message) == ("failed", "E: Unable to locate package no-such-package")
    assert "apt-get update" in said  # the index might have been too old to know it

    fresh_host.run("apt-get -qy remove tree >/dev/null 2>&1; " + LOCK)
    (waited,), said = converge(lab, fresh_host, packages)
    assert waited.status == "changed"
    waits = "Waiting for cache lock: Could not get lock /var/lib/dpkg/lock-frontend"
    assert len([line for line in said if line.startswith(waits)]) == 1, said

    fresh_host.run("apt-get -qy remove tree && apt-get -q download tree && dpkg --unpack tree*.deb")
    (unpacked,), said = converge(lab, fresh_host, packages)
    assert (unpacked.status, unpacked.diff) == ("changed", {"tree": ["missing", "installed"], **UNFINISHED})
    assert said[0] == "dpkg was interrupted, or is at work: repairing tree"

    with slow_package(fresh_host) as slow:
        fresh_host.run(KILL_DPKG)
        slow.go(CONFIGURING)
        (killed,), _ = converge(lab, fresh_host, Packages(["slow"]))
        assert (killed.status, killed.message) == ("failed", "E: Sub-process /usr/bin/dpkg exited unexpectedly")
        assert slow.status == "install reinstreq half-installed"
        # Whatever a dpkg that was killed can leave of packages that are no concern of ours, all at once.
        fresh_host.run(LEAVE.format("tree", "deinstall ok half-installed"))
        fresh_host.run(LEAVE.format("dash", "install ok unpacked"))
        fresh_host.run(LEAVE.format("libc-bin", r"install ok triggers-pending\nTriggers-Pending: ldconfig"))
        (checked,), said = converge(lab, fresh_host, Packages(["less"]), check=True)
        assert (checked.status, checked.diff, said) == ("changed", UNFINISHED, [])
        (repaired,), said = converge(lab, fresh_host, Packages(["less"]))
        assert (repaired.status, repaired.message) == ("changed", "")
        assert said[0].startswith("dpkg was interrupted, or is at work: repairing ")
        assert said[-1] == "apt-get -f --reinstall install slow:all"
        assert slow.status == "install ok installed"
        states = "dpkg --audit; dpkg-query -W -f '${db:Status-Abbrev}' dash libc-bin; ! dpkg-query -W tree 2>/dev/null"
        assert fresh_host.run(states) == "ii ii "
        (again,), said = converge(lab, fresh_host, Packages(["less"]))
        assert (again.status, said) == ("ok", [])


def test_a_mirror_that_does_not_answer(lab: Lab, fresh_host: LabHost) -> None:
    sources = "$(find /etc/apt -name '*.list' -o -name '*.sources')"
    fresh_host.run(f"sed -i -E 's#(https?|mirror[^:]*)://[^/ ]*#http://127.0.0.1:9#' {sources}")
    (failed,), _ = converge(lab, fresh_host, Packages(["tree"]))
    assert failed.status == "failed"
    assert "Connection refused" in failed.message
    assert failed.message.startswith("E: ")


# As cloud-init and apt-daily hold it while they fetch the index; apt-get itself gives up at once.
LISTS = LOCK.replace("/var/lib/dpkg/lock-frontend", "/var/lib/apt/lists/lock")
# What a vendor's page says to type, typed into a root login shell of umask 077: apt's own user cannot read the key.
VENDOR = """set -e; apt-get -qq -y install gpg apt-utils >/dev/null 2>&1; mkdir -p /opt/repo; cd /opt/repo
export GNUPGHOME=/root/gh; mkdir -m 700 $GNUPGHOME
gpg --batch -q --passphrase '' --quick-gen-key 'x <x@x.x>' default default never 2>/dev/null
: >Packages; apt-ftparchive release . >Release; gpg --batch -q --clearsign -o InRelease Release; chmod -R a+rX /opt/repo
umask 077; mkdir -p /etc/apt/keyrings; gpg --export >/etc/apt/keyrings/vendor.gpg
echo 'deb [signed-by=/etc/apt/keyrings/vendor.gpg] file:/opt/repo ./' >/etc/apt/sources.list.d/vendor.list
chmod 600 /etc/apt/keyrings/vendor.gpg; gpgconf --kill all"""
OLD = "touch -d '3 days ago' /var/lib/apt/lists /var/lib/apt/lists/partial"
STUCK = """set -e; mkdir -p /tmp/k/DEBIAN; chmod 755 /tmp/k /tmp/k/DEBIAN; cd /tmp/k
printf '%s: %s\\n' Package linux-image-9 Version 1 Architecture all Maintainer x Description kernel >DEBIAN/control
cat >DEBIAN/postinst <<'END'
#!/bin/sh
echo "cpio: write error: No space left on device"
echo "E: mkinitramfs failure cpio 2"
exit 1
END
chmod 755 DEBIAN/postinst; dpkg-deb -b /tmp/k /tmp/k.deb >/dev/null; ! dpkg -i /tmp/k.deb >/dev/null 2>&1"""


def test_what_is_no_concern_of_ours_stops_nothing(lab: Lab, fresh_host: LabHost) -> None:
    keys = PublicFiles(["/etc/apt/keyrings"])
    fresh_host.run(LISTS)
    (installed,), _ = converge(lab, fresh_host, Packages(["tree"]))
    assert (installed.status, installed.message) == ("changed", "")

    fresh_host.run(VENDOR)
    fresh_host.run(OLD)
    (told,), _ = converge(lab, fresh_host, Packages(["less"]))
    assert (told.status, told.message) == ("changed", "")
    assert "vendor.gpg" in told.notes["warning"] or "NO_PUBKEY" in told.notes["warning"]
    fresh_host.run(f"apt-get -qq -y remove less >/dev/null 2>&1; {OLD}")
    mended, quiet = converge(lab, fresh_host, keys, Packages(["less"]))[0]
    assert (mended.status, quiet.status, quiet.notes) == ("changed", "changed", {})
    assert mended.notes["warning"].startswith("/etc/apt/keyrings/vendor.gpg: root's alone")

    fresh_host.run(STUCK)
    (stuck,), _ = converge(lab, fresh_host, Packages(["less"]))
    assert (stuck.status, stuck.message) == ("changed", "")
    assert "dpkg cannot finish linux-image-9: cpio: write error: No space left on device; " in stuck.notes["warning"]
    assert "A disk is full: `df -h / /boot /var` shows which." in stuck.notes["warning"]
    fresh_host.run("apt-get -qq -y remove tree >/dev/null 2>&1; true")
    (missing,), _ = converge(lab, fresh_host, Packages(["tree"]))
    assert (missing.status, missing.message) == ("changed", "")  # it is installed, whatever else is stuck
    fresh_host.run("dpkg-query -W tree; ! dpkg -s linux-image-9 | grep -q 'ok installed'")
