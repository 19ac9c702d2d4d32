"""Kinds of resource of the project's own: what is shipped of them, and what hosts could not run."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from windlass.agent.resources import File
from windlass.errors import UsageError
from windlass.run.own_kinds import sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KIND = "from windlass.agent.resources import Resource\nclass Mine(Resource): pass\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "kinds").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path / "kinds"
    for name in [name for name in sys.modules if name.partition(".")[0] == "kinds"]:
        del sys.modules[name]


def shipped(folder: Path, text: str) -> dict[str, str]:
    (folder / "mine.py").write_text(text)
    return sources([import_module("kinds.mine").Mine, File])


def test_a_kind_is_shipped_with_its_neighbours(folder: Path) -> None:
    (folder / "near.py").write_text("import os\n")
    text = f"from kinds.near import os\n{KIND}"
    assert shipped(folder, text) == {"kinds": "", "kinds.mine": text, "kinds.near": "import os\n"}


def test_nothing_is_shipped_for_those_of_windlass() -> None:
    assert sources([File]) == {}


@pytest.mark.parametrize("line", ["import pydantic", "from pydantic import Field"])
def test_what_hosts_do_not_have_is_refused_with_its_place(folder: Path, line: str) -> None:
    with pytest.raises(UsageError) as caught:
        shipped(folder, f"import os\n{line}\n{KIND}")
    assert str(caught.value) == (
        "kinds/mine.py:2: it imports pydantic, which hosts do not have\n"
        "  A kind of resource runs on hosts: it has the standard library and windlass.agent."
    )


def test_what_python_3_9_does_not_read_is_refused_with_its_place(folder: Path) -> None:
    text = f"{KIND}match 1:\n    case _: pass\n"
    # Which line of the statement it names differs between versions of Python.
    what = "Pattern matching is only supported in Python 3.10 and greater"
    said = rf"^kinds/mine\.py:[34]: {re.escape(what)}\n  Hosts may have Python 3\.9 only\.$"
    with pytest.raises(UsageError, match=said):
        shipped(folder, text)
