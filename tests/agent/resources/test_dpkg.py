"""What dpkg's database says, read without dpkg."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from windlass.agent.resources import AppPackages, Packages
from windlass.agent.resources.dpkg import Dpkg, read

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = """Package: {name}
Status: {status}
Priority: optional
Architecture: {architecture}
Description: Package: other
 Status: install ok unpacked

"""


def database(architecture: str = "amd64", **statuses: str) -> str:
    return "".join(ENTRY.format(name=name, status=each, architecture=architecture) for name, each in statuses.items())


def parsed(text: str, journal: tuple[str, ...] = ()) -> Dpkg:
    return Dpkg(text.splitlines(keepends=True), journal)


def test_all_in_order() -> None:
    found = parsed(database(here="install ok installed", held="hold ok installed", gone="deinstall ok config-files"))
    assert found.installed == {"here", "held"}
    assert (found.half_done, found.torn, found.removing, found.is_done) == ([], [], False, True)


@pytest.mark.parametrize(
    ("status", "torn", "removing"),
    [
        ("install reinstreq half-installed", ["it:all"], False),
        ("hold reinstreq half-installed", ["it:all"], False),
        ("deinstall reinstreq half-installed", ["it:all"], False),
        ("install reinstreq unpacked", ["it:all"], False),
        ("install reinstreq installed", ["it:all"], False),
        ("install ok half-installed", ["it:all"], False),
        ("deinstall ok half-installed", [], True),
        ("purge ok half-installed", [], True),
        ("install ok unpacked", [], False),
        ("install ok half-configured", [], False),
        ("install ok triggers-awaited", [], False),
        ("install ok triggers-pending", [], False),
    ],
)
def test_what_an_interrupted_dpkg_leaves(status: str, torn: list[str], removing: bool) -> None:
    found = parsed(database("all", before="install ok installed", it=status, after="install ok installed"))
    assert found.installed == {"before", "after"}
    assert (found.half_done, found.torn, found.removing, found.is_done) == (["it"], torn, removing, False)


@pytest.mark.parametrize(("journal", "done"), [((), True), (("0000", "tmp.i"), False), (("tmp.i",), True)])
def test_what_is_not_yet_entered(journal: tuple[str, ...], done: bool) -> None:
    assert parsed(database(it="install ok installed"), journal).is_done is done


def test_a_database_that_is_cut_off() -> None:
    assert parsed("Package: it\nStatus: install ok half-inst").half_done == []


def test_it_is_read_off_the_disk(tmp_path: Path) -> None:
    (tmp_path / "updates").mkdir()
    (tmp_path / "status").write_text(database(it="install ok installed"))
    assert read(str(tmp_path)).is_done
    (tmp_path / "updates/0000").touch()
    assert not read(str(tmp_path)).is_done


def test_the_packages_of_an_app_are_not_about_what_others_left() -> None:
    assert Packages(["it"]).desired() == {"it": "installed", "earlier dpkg run": "finished"}
    assert AppPackages(["it"], app="app").desired() == {"it": "installed"}
