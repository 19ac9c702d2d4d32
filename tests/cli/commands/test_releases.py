"""`deploy.py releases`: what a real agent tells of releases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.agent_process import AgentProcess
from tests.releases import release


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def asked(state: Path, *apps: str) -> dict[str, list[dict[str, Any]]]:
    """The releases of each app, as an agent tells them."""
    agent = AgentProcess(state)
    agent.wire.write({"type": "releases", "apps": apps, **agent.folders})
    (answer,) = agent.finish({})
    assert agent.close() == ""
    return {app["name"]: app["releases"] for app in answer["apps"]}


def test_releases_come_newest_first_with_what_is_known_of_them(state: Path) -> None:
    home = state / "srv" / "shop"
    release(home, "1-old", created=100, state="good", commit="a" * 40)
    release(home, "2-current", created=200, state="good", commit="b" * 40, dirty=True, previous="1-old", current=True)
    release(home, "3-failed", created=300, state="failed", reason="HTTP 500")
    (home / "releases" / ".new-4").mkdir()
    failed, current, old = asked(state, "shop")["shop"]
    assert [each["id"] for each in (failed, current, old)] == ["3-failed", "2-current", "1-old"]
    assert [each["current"] for each in (failed, current, old)] == [False, True, False]
    assert (failed["state"], failed["reason"], failed["commit"]) == ("failed", "HTTP 500", None)
    assert (current["created"], current["commit"], current["dirty"], current["previous"]) == (
        200,
        "b" * 40,
        True,
        "1-old",
    )


def test_what_covers_secrets_is_not_told(state: Path) -> None:
    release(state / "srv" / "shop", "1", current=True)
    assert "secret-hash" not in repr(asked(state, "shop"))


def test_the_size_is_that_of_the_folder_without_what_links_lead_to(state: Path) -> None:
    venv = state / "srv" / "shop" / "venvs" / "one"
    venv.mkdir(parents=True)
    (venv / "library").write_bytes(b"x" * 1_000_000)
    folder = release(state / "srv" / "shop", "1", current=True)
    (folder / "code").mkdir()
    (folder / "code" / "app.py").write_bytes(b"x" * 100_000)
    (folder / "venv").symlink_to(venv)
    ((told,),) = asked(state, "shop").values()
    assert 100_000 <= told["size"] <= 160_000


def test_an_app_that_is_not_deployed_has_none(state: Path) -> None:
    assert asked(state, "shop", "blog") == {"shop": [], "blog": []}
