"""Debian packages, as far as no apt has to run; the rest is in tests/lab/test_packages.py."""

from __future__ import annotations

import pytest

from windlass.agent.resources.packages import OUTDATED, _reason


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
    assert _reason(said) == (
        "dpkg: error processing package slow (--configure):"
        " installed slow package post-installation script subprocess returned error exit status 3;"
        " E: Sub-process /usr/bin/dpkg returned an error code (1)"
    )
    assert _reason("no such thing\n") == "no such thing"
