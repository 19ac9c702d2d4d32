"""What is said while pip is busy."""

from __future__ import annotations

import pytest

from windlass.agent.resources import pip_progress
from windlass.agent.resources.pip_progress import Progress


def test_progress_says_what_pip_is_busy_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pip_progress, "INTERVAL", 0)
    said: list[str] = []
    hear = Progress(said.append)
    for line in (
        "Collecting flask==3.1.3",
        "  Downloading flask-3.1.3-py3-none-any.whl (103 kB)",
        "  Building wheel for thing (pyproject.toml): started",
        "Installing collected packages: a, b, c",
    ):
        hear(line)
    assert said == ["downloading flask==3.1.3", "building thing", "installing 3 packages"]


def test_progress_is_not_more_than_a_person_can_read() -> None:
    said: list[str] = []
    hear = Progress(said.append)
    for number in range(100):
        hear(f"Collecting x{number}")
    assert said == ["downloading x0"]
