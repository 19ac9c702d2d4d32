"""What the role updates declares."""

from __future__ import annotations

from roles.updates import updates
from tests.roles.hosts import host, resources, text


def test_updates_come_every_day_and_are_used_at_once() -> None:
    found = resources(updates, host())
    assert 'Unattended-Upgrade "1"' in text(found["file /etc/apt/apt.conf.d/52windlass-updates"])
    assert "$nrconf{restart} = 'a';" in text(found["file /etc/needrestart/conf.d/windlass.conf"])
    assert "unit apt-daily-upgrade.timer" in found


def test_they_can_be_left_to_others() -> None:
    assert resources(updates, host(updates={"managed": False})) == {}
