"""A change of a role shows in `recorded/` what changes on a host."""

from __future__ import annotations

from tests.roles.recorded import FOLDER, recordings


def test_what_roles_declare_is_what_is_recorded() -> None:
    """Where it is meant to differ: `make recorded`, and look at the difference."""
    written = {path.relative_to(FOLDER).as_posix(): path.read_text() for path in sorted(FOLDER.rglob("*.txt"))}
    assert written == recordings()
