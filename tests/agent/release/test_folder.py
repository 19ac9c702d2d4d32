"""The folder of a release; how it is filled is tried in tests/lab/release."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from windlass.agent.release.folder import edited

EDITS: dict[str, Callable[[Path], object]] = {
    "another content": lambda code: (code / "lib/module.py").write_text("by hand"),
    "an older time": lambda code: os.utime(code / "lib/module.py", (0, 0)),
    "a new file": lambda code: (code / "lib/sitecustomize.py").touch(),
    "a file less": lambda code: (code / "lib/module.py").unlink(),
    "another link": lambda code: ((code / "link").unlink(), (code / "link").symlink_to("other")),
    "no code": lambda code: shutil.rmtree(code),
    "no socket": lambda code: (code.parent / "app.sock").unlink(),
}


@pytest.mark.parametrize("edit", EDITS)
def test_code_that_was_changed_after_the_release_was_made(tmp_path: Path, edit: str) -> None:
    code = tmp_path / "code"
    (code / "lib").mkdir(parents=True)
    (code / "lib/module.py").write_text("as it was")
    (code / "link").symlink_to("lib/module.py")
    (tmp_path / "app.sock").symlink_to("nowhere")
    time.sleep(0.05)  # the clock of files goes on in steps
    (tmp_path / "release.json").touch()
    assert not edited(str(tmp_path))
    EDITS[edit](code)
    assert edited(str(tmp_path))
