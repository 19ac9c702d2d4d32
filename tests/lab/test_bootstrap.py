"""A host without Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab.commands import Commands

if TYPE_CHECKING:
    from pathlib import Path

    from windlass.lab import LabHost

pytestmark = pytest.mark.lab


def test_python_is_installed_where_there_is_none(project: Path, fresh_host: LabHost) -> None:
    commands = Commands.in_new_folder(project)
    host = fresh_host
    host.run("apt-get -q -y purge 'python3*' >/dev/null 2>&1; ! command -v python3", timeout=120)
    said = commands("provision", host.name, "--tags", "base", "--check", status=1)
    assert "there is no python3 on the host" in said.err
    assert "`provision` without --check installs it" in said.err
    said = commands("provision", host.name, "--tags", "base", "-v")
    assert f"{host.name}  there is no python3 on the host: installing it" in said.out
    assert ", 3 SSH execs" in said.out
    assert ", 1 SSH exec" in commands("provision", host.name, "--tags", "base", "--check", "-v").out
