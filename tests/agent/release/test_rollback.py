"""The way back where there is none; the ways there are, are gone in tests/lab/release/test_rollback.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.local_machine import on_this_machine
from tests.releases import release
from windlass.agent.failures import Failed
from windlass.agent.release.records import Releases
from windlass.agent.resources import Rollback

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = {"20260101-good": "good", "20260102-broken": "failed", "20260103-cut": "new", "20260104-good": "good"}


def rollback(home: Path, to: str) -> Rollback:
    made = Rollback(
        app="notes",
        host_name="notes.test",
        health_path="/healthz",
        tls=True,
        health_timeout=1,
        drain_timeout=1,
        watch=0,
        enough=0,
        max_failed_requests=0,
        keep=5,
        to=to,
    )
    made.releases = Releases(str(home))
    return on_this_machine(made)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("current", "to", "said", "hint"),
    [
        (
            "20260101-good",
            "",
            "there is no good release before 20260101-good",
            "`deploy.py releases` lists what is there; --to takes any good one.",
        ),
        ("20260104-good", "1999", "there is no release '1999'", "Good ones are: 20260104-good, 20260101-good."),
        ("20260104-good", "202", "4 releases begin with '202'", "Good ones are: 20260104-good, 20260101-good."),
        (
            "20260104-good",
            "20260102",
            "release 20260102-broken has never served well: release 20260102-broken does not run (exit status 1)",
            "Deploy mended code instead.",
        ),
        ("20260104-good", "20260103", "release 20260103-cut has never served well", "Deploy mended code instead."),
    ],
)
def test_no_way_back(tmp_path: Path, current: str, to: str, said: str, hint: str) -> None:
    for name, state in KNOWN.items():
        reason = f"release {name} does not run (exit status 1)" if state == "failed" else ""
        release(tmp_path, name, current=name == current, state=state, reason=reason)
    with pytest.raises(Failed) as raised:
        rollback(tmp_path, to).desired()
    assert (str(raised.value), raised.value.hint) == (said, hint)


def test_nothing_was_ever_deployed(tmp_path: Path) -> None:
    with pytest.raises(Failed) as raised:
        rollback(tmp_path, "").actual()
    assert str(raised.value) == "notes has not been deployed here, so there is nothing to go back to"


def test_none_was_ever_good(tmp_path: Path) -> None:
    release(tmp_path, "20260102-broken", state="failed")
    with pytest.raises(Failed) as raised:
        rollback(tmp_path, "1999").desired()
    assert (str(raised.value), raised.value.hint) == ("there is no release '1999'", "Good ones are: none.")


def test_packages_that_an_app_could_have_reached_are_told(tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    venv.mkdir()
    for name in ("20260101-good", "20260104-good"):
        release(tmp_path, name, state="good", current=name == "20260104-good", venv=str(venv))
    (venv / ".complete").touch()
    assert rollback(tmp_path, "").warning() == (
        "release 20260101-good has packages from before they were installed out of the app's sight: had somebody broken"
        " into the app then, they may be tampered with; deploying that code anew installs them anew"
    )
    (venv / ".complete").write_text("made by _windlass-build\n")
    assert rollback(tmp_path, "").warning() == ""
    (venv / ".complete").unlink()
    assert rollback(tmp_path, "").warning() != ""
