"""What the role kernel declares."""

from __future__ import annotations

from roles.kernel import kernel
from tests.roles.hosts import host, resources


def test_every_line_is_a_setting() -> None:
    sysctl = resources(kernel, host())["sysctl /etc/sysctl.d/60-windlass.conf"]
    lines = [line for line in sysctl.content.splitlines() if line and line[0] != "#"]
    assert len(lines) == len(sysctl._settings) > 20
    assert sysctl._settings["kernel.core_pattern"] == "|/bin/false"


def test_it_can_be_left_to_others() -> None:
    assert resources(kernel, host(kernel={"managed": False})) == {}
