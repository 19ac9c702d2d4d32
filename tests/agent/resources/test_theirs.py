"""What somebody has made is kept when it is replaced or removed, and told."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.agent_process import converge, own_file
from tests.local_machine import on_this_machine
from windlass.agent.resources import Absent, LoginDefs, conffiles

if TYPE_CHECKING:
    from pathlib import Path

    from windlass.agent.resources import Resource


def warning(state: Path, resource: Resource, *, check: bool = False) -> str:
    (event,) = [event for event in converge(state, resource, check=check) if event["type"] == "result"]
    assert event["status"] == "changed"
    return str(event["notes"].get("warning", ""))


def kept(state: Path, path: Path) -> list[Path]:
    return sorted((state / "replaced").rglob(f"{path.name}.*"))


def test_a_file_that_is_replaced(tmp_path: Path) -> None:
    state, path = tmp_path / "state", tmp_path / "file"
    path.write_text("theirs\n")
    would = f"{path} is somebody's own: it would be replaced, and a copy kept below {state}/replaced"
    assert warning(state, own_file(path, "ours\n"), check=True) == would
    assert kept(state, path) == []
    told = warning(state, own_file(path, "ours\n"))
    (copy,) = kept(state, path)
    assert told == f"{path} was somebody's own: what was there is kept as {copy}"
    assert (copy.read_text(), copy.stat().st_mode & 0o777) == ("theirs\n", 0o600)
    assert {folder.stat().st_mode & 0o777 for folder in [*copy.parents][:3]} == {0o700}
    # What Windlass itself has made, and nobody has changed, is just replaced.
    assert warning(state, own_file(path, "ours, too\n")) == ""
    path.write_text("by hand\n")
    assert warning(state, own_file(path, "ours\n")) != ""
    assert [each.read_text() for each in kept(state, path)] == ["theirs\n", "by hand\n"]


def test_one_that_is_removed_and_one_that_is_edited(tmp_path: Path) -> None:
    state, path = tmp_path / "state", tmp_path / "file"
    path.write_text("theirs\n")
    assert warning(state, Absent(str(path))) == (
        f"{path} was somebody's own: what was there is kept as {kept(state, path)[0]}"
    )
    path.write_text("UMASK 022\n")
    assert "is kept as" in warning(state, LoginDefs(str(path), {"UMASK": "077"}))
    assert kept(state, path)[-1].read_text() == "UMASK 022\n"


def test_nothing_is_kept_of_a_link_or_of_what_only_gets_another_mode(tmp_path: Path) -> None:
    state, path = tmp_path / "state", tmp_path / "file"
    path.write_text("ours\n")
    path.chmod(0o600)
    assert warning(state, own_file(path, "ours\n"), check=True) == ""
    assert warning(state, own_file(path, "ours\n")) == ""
    (tmp_path / "link").symlink_to("file")
    assert warning(state, Absent(str(tmp_path / "link"))) == ""
    assert kept(state, path) == []


def test_what_the_distribution_has_brought_is_told_from_what_somebody_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock, other = tmp_path / "stock", tmp_path / "other"
    stock.write_text("brought\n")
    digest = hashlib.md5(b"brought\n", usedforsecurity=False).hexdigest()
    (tmp_path / "status").write_text(
        f"Package: a\nConffiles:\n {tmp_path}/gone 0123 obsolete\n {stock} {digest}\n"
        f"Description: x\n {other} {digest}\n"
    )
    monkeypatch.setattr(conffiles, "FOLDER", str(tmp_path))
    machine = on_this_machine(Absent(str(stock))).machine
    other.write_text("brought\n")
    assert conffiles.unchanged(machine, str(stock))
    assert conffiles.unchanged(machine, str(other), str(stock))
    assert not conffiles.unchanged(machine, str(other))
    stock.write_text("edited\n")
    assert not conffiles.unchanged(machine, str(stock))
