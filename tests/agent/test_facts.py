"""What an agent says of its host."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from windlass.agent.facts import gather, is_sudo_rs
from windlass.agent.messages.checked import checked
from windlass.agent.messages.documents import HostFacts

if TYPE_CHECKING:
    from pathlib import Path


def test_they_are_of_their_type() -> None:
    assert checked(HostFacts, gather()) == gather()


@pytest.mark.parametrize(
    ("program", "rs"),
    [("usr/lib/cargo/bin/sudo", True), ("usr/bin/sudo-rs", True), ("usr/bin/sudo.ws", False), ("usr/bin/sudo", False)],
)
def test_which_sudo_it_is(tmp_path: Path, program: str, rs: bool) -> None:
    """As Ubuntu has it since 25.10, as Debian's alternatives may have it, and as it was always."""
    path = tmp_path / program
    path.parent.mkdir(parents=True)
    path.write_text("")
    (tmp_path / "alternative").symlink_to(path)
    (tmp_path / "sudo").symlink_to("alternative")
    assert is_sudo_rs(str(tmp_path / "sudo")) is rs
