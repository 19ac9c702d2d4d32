"""Debian packages, as far as no apt has to run; the rest is in tests/lab/test_packages.py."""

from __future__ import annotations

import pytest

from windlass.agent.resources.apt_reason import advice, reason, warnings
from windlass.agent.resources.packages import LOCKED, OUTDATED


@pytest.mark.parametrize(
    ("said", "outdated"),
    [
        ("  404  Not Found [IP: 192.0.2.1 80]", True),
        ("E: Failed to fetch http://mirror.example/pool/n/nginx_1.deb  404  Not Found", True),
        ("E: Unable to locate package newer", True),
        ("Need to get 404 kB of archives.", False),
        ("E: Sub-process /usr/bin/dpkg returned an error code (1)", False),
    ],
)
def test_an_outdated_index_is_told_from_other_trouble(said: str, outdated: bool) -> None:
    assert bool(OUTDATED.search(said)) is outdated


def test_the_reason_is_what_apt_and_dpkg_call_errors() -> None:
    said = """Setting up slow (1) ...
dpkg: error processing package slow (--configure):
 installed slow package post-installation script subprocess returned error exit status 3
Errors were encountered while processing:
 slow
E: Sub-process /usr/bin/dpkg returned an error code (1)
"""
    assert reason(said) == (
        "dpkg: error processing package slow (--configure):"
        " installed slow package post-installation script subprocess returned error exit status 3;"
        " E: Sub-process /usr/bin/dpkg returned an error code (1)"
    )
    assert reason("no such thing\n") == "no such thing"


def test_the_line_before_says_why() -> None:
    said = """Setting up linux-image-9.9.9-cloud-amd64 (9.9.9-1) ...
update-initramfs: Generating /boot/initrd.img-9.9.9
cpio: write error: No space left on device
E: mkinitramfs failure cpio 2
dpkg: error processing package linux-image-9.9.9-cloud-amd64 (--configure):
 installed linux-image-9.9.9-cloud-amd64 package post-installation script subprocess returned error exit status 1
Errors were encountered while processing:
 linux-image-9.9.9-cloud-amd64
E: Sub-process /usr/bin/dpkg returned an error code (1)
"""
    assert reason(said).startswith(
        "cpio: write error: No space left on device; E: mkinitramfs failure cpio 2; dpkg: error"
    )
    assert advice(reason(said), torn=False) == (
        "A disk is full: `df -h / /boot /var` shows which. Old kernels fill /boot: `apt-get autoremove --purge` removes"
        " those that nothing needs. Then run again."
    )


def test_what_to_do_about_a_package_that_dpkg_cannot_finish() -> None:
    stuck = "`dpkg --audit` on the host says which packages dpkg cannot finish, `dpkg --configure -a` tries again and"
    stuck += " says why."
    assert advice("exit status 3", torn=False) == stuck
    assert advice("exit status 3", torn=True) == (
        f"{stuck} One that is there in part only: give it up by `dpkg --remove --force-remove-reinstreq PACKAGE`."
    )


def test_what_an_update_says_of_a_source() -> None:
    said = """Hit:1 http://deb.debian.org/debian bookworm InRelease
W: GPG error: file:/opt/repo ./ InRelease: NO_PUBKEY 71DAEAAB4AD4CAB6
E: The repository 'file:/opt/repo ./ InRelease' is not signed.
W: GPG error: file:/opt/repo ./ InRelease: NO_PUBKEY 71DAEAAB4AD4CAB6
E: Some index files failed to download. They have been ignored, or old ones used instead.
"""
    assert warnings(said) == (
        "GPG error: file:/opt/repo ./ InRelease: NO_PUBKEY 71DAEAAB4AD4CAB6;"
        " The repository 'file:/opt/repo ./ InRelease' is not signed."
    )


def test_locks_for_which_apt_does_not_wait() -> None:
    held = "It is held by process 7 (apt-get)"
    assert LOCKED.search(f"E: Could not get lock /var/lib/apt/lists/lock. {held}")
    assert LOCKED.search("E: Could not get lock /var/cache/apt/archives/lock - open (11)")
    assert not LOCKED.search(f"Waiting for cache lock: Could not get lock /var/lib/dpkg/lock-frontend. {held}")
