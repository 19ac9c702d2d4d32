"""Small projects on disk for tests."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from windlass.errors import WindlassError
from windlass.inventory import load
from windlass.inventory.inventory import Inventory

if TYPE_CHECKING:
    from collections.abc import Mapping


def project(folder: Path, files: Mapping[str, str] | str) -> Path:
    """A project with these files; one text alone is its `inventory/hosts.yml`."""
    for name, text in ({"inventory/hosts.yml": files} if isinstance(files, str) else files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return folder


def inventory(folder: Path, files: Mapping[str, str] | str) -> Inventory:
    """The inventory of a project with these files."""
    return load(project(folder, files) / "inventory")


def errors(folder: Path, files: Mapping[str, str] | str) -> list[str]:
    """What loading such a project complains of, line by line."""
    with pytest.raises(WindlassError) as raised:
        inventory(folder, files)
    assert raised.value.exit_status == 2
    return str(raised.value).splitlines()
