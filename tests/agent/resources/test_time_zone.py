"""A time zone that the host must have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.local_machine import converge
from windlass.agent.failures import Failed
from windlass.agent.resources import TimeZone, Unknown
from windlass.agent.resources import time_zone as module

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def zones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "zoneinfo"
    (folder / "America").mkdir(parents=True)
    (folder / "America/New_York").write_text("")
    (folder / "tzdata.zi").write_text("# version 2026a\nL America/New_York US/Eastern\nL Africa/Maputo Africa/Harare\n")
    monkeypatch.setattr(module, "ZONES", str(folder))
    monkeypatch.setattr(module, "NAMES", str(folder / "tzdata.zi"))
    return folder


def test_one_that_is_there(zones: Path, tmp_path: Path) -> None:
    link = tmp_path / "localtime"
    assert converge(TimeZone(str(link), str(zones / "America/New_York"))) == ["exists", "target"]
    assert link.readlink() == zones / "America/New_York"


def test_one_that_is_not(zones: Path, tmp_path: Path) -> None:
    link = tmp_path / "localtime"
    for zone, hint in (
        ("US/Eastern", "Set `timezone: America/New_York`, or `packages: [tzdata-legacy]`, then run again."),
        ("Mars/Base", "`timedatectl list-timezones` on the host lists all."),
    ):
        with pytest.raises(Failed) as raised:
            converge(TimeZone(str(link), str(zones / zone)))
        assert (str(raised.value), raised.value.hint) == (f"the host has no time zone {zone}", hint)
    assert not link.is_symlink()
    (zones / "tzdata.zi").unlink()
    with pytest.raises(Failed) as raised:
        converge(TimeZone(str(link), str(zones / "US/Eastern")))
    assert raised.value.hint == "`timedatectl list-timezones` on the host lists all."


def test_a_check_of_a_host_without_zones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ZONES", str(tmp_path / "none"))
    with pytest.raises(Unknown, match="tzdata is not installed"):
        converge(TimeZone(str(tmp_path / "localtime"), str(tmp_path / "none/Etc/UTC")))
