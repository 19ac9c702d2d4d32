"""Ansible itself, asked what it makes of an inventory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Ask = Callable[[Path, list[str]], dict[str, Any]]


def environment(home: Path) -> dict[str, str]:
    (home / "ansible.cfg").touch()
    quiet = {
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_DEPRECATION_WARNINGS": "0",
        "ANSIBLE_HOST_PATTERN_MISMATCH": "ignore",
    }
    own = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return {**own, **quiet, "HOME": str(home), "ANSIBLE_HOME": str(home), "ANSIBLE_CONFIG": str(home / "ansible.cfg")}


@pytest.fixture(scope="package")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Ansible in a process of its own, asked for a folder and patterns."""
    process = subprocess.Popen(
        [sys.executable, "-P", str(Path(__file__).parent / "ansible_listing.py")],  # -P: tests/secrets is not `secrets`
        env=environment(tmp_path_factory.mktemp("ansible")),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin
    assert process.stdout

    def answer(folder: Path, patterns: list[str]) -> dict[str, Any]:
        process.stdin.write(json.dumps({"folder": str(folder), "patterns": patterns}) + "\n")
        process.stdin.flush()
        found: dict[str, Any] = json.loads(process.stdout.readline())
        assert "error" not in found, found
        return found

    yield answer
    process.stdin.close()
    process.wait(timeout=10)
    process.stdout.close()
