"""Files that are meant for all, on a small world."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.local_machine import converge, on_this_machine
from windlass.agent.resources import PublicFiles
from windlass.agent.resources import public_files as module

if TYPE_CHECKING:
    from pathlib import Path


def test_keys_of_roots_alone_are_for_all(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o700)
    (keys / "vendor.gpg").write_bytes(b"")
    (keys / "vendor.gpg").chmod(0o600)
    (keys / "link").symlink_to("/etc/shadow")
    resource = PublicFiles([str(keys), str(tmp_path / "none")])
    on_this_machine(resource)
    if os.geteuid() == 0:
        said = f"{keys}, {keys}/vendor.gpg: root's alone, and now for all to read, as is meant"
        assert resource.warning() == said
        assert converge(resource) == ["closed"]
        assert (keys.stat().st_mode & 0o777, (keys / "vendor.gpg").stat().st_mode & 0o777) == (0o755, 0o644)
    assert resource.warning() == ""
    assert converge(resource) == []


def test_what_may_hold_a_secret_is_only_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "pip.conf"
    config.write_text("[global]\n")
    config.chmod(0o600)
    monkeypatch.setattr(module, "_is_closed", lambda path: path == str(config))
    resource = PublicFiles([str(tmp_path / "none")], told=[str(config), str(tmp_path / "gone")])
    assert converge(resource) == []
    assert resource.notes() == {
        "warning": f"{config} can be read by root alone, and is meant for all; if there is no secret in it:"
        f" chmod 644 {config}"
    }
