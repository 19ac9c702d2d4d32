"""A user's own app on the lab: what its `.env` says arrives as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from windlass.cli.commands.lab_app import _quoted
from windlass.secrets.env_file import read_env_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "value",
    ["plain", "a #b", 'say "x"', "it's", "back\\slash\\", "two\nlines", "${HOME} and $HOME", " spaces ", "$${x}", "#"],
)
def test_a_value_is_read_back_as_it_was(tmp_path: Path, value: str) -> None:
    path = tmp_path / "app.env"
    path.write_text(f"KEY={_quoted(value)}\nNEXT='1'\n")
    path.chmod(0o600)
    assert {name: secret.value for name, secret in read_env_file(path).items()} == {"KEY": value, "NEXT": "1"}
