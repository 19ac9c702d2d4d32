"""PAM's profiles as files; what they do is tried in tests/lab/test_pam.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.local_machine import on_this_machine
from windlass.agent.resources import Pam

if TYPE_CHECKING:
    from pathlib import Path


def test_a_check_shows_the_lines_of_each_profile_that_differs(tmp_path: Path) -> None:
    (tmp_path / "same").write_text("Name: same\n")
    (tmp_path / "other").write_text("Name: by hand\n")
    for path in tmp_path.iterdir():
        path.chmod(0o644)
    profiles = {"same": "Name: same\n", "other": "Name: other\n", "new": "Name: new\n"}
    pam = on_this_machine(Pam(str(tmp_path), profiles))
    other, new = tmp_path / "other", tmp_path / "new"
    assert pam.patch().splitlines() == [
        *(f"diff --git a{other} b{other}", f"--- a{other}", f"+++ b{other}", "@@ -1 +1 @@"),
        *("-Name: by hand", "+Name: other"),
        *(f"diff --git a{new} b{new}", "new file mode 100644", "--- /dev/null", f"+++ b{new}", "@@ -0,0 +1 @@"),
        "+Name: new",
    ]
