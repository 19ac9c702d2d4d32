"""What is shipped to hosts runs on their plain Python, and only there are its host halves called."""

from __future__ import annotations

import ast
import json
import sys
import zlib
from pathlib import Path

import pytest

from windlass.run.transport import shipment

ROOT = Path(__file__).parents[2]


def shipped_sources() -> dict[str, str]:
    sources: dict[str, str] = json.loads(zlib.decompress(shipment().split(b"\n", 1)[1]))
    return sources


@pytest.mark.parametrize(("name", "source"), shipped_sources().items())
def test_shipped_is_python_3_9_and_standard_library(name: str, source: str) -> None:
    tree = ast.parse(source, feature_version=(3, 9))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        else:
            continue
        for module in modules:
            ours = module == "windlass" or module in shipped_sources() or f"windlass.{module}" in shipped_sources()
            assert ours or module.split(".")[0] in sys.stdlib_module_names, f"{name} imports {module}"


def test_all_of_the_agent_is_shipped_and_nothing_else() -> None:
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in (ROOT / "windlass/agent").rglob("*.py")
    }
    assert shipped_sources().keys() - {"windlass"} == modules


@pytest.mark.parametrize("path", [ROOT / "deploy.py", *(ROOT / "roles").glob("*.py")], ids=lambda path: path.name)
def test_the_control_machine_never_calls_a_host_half(path: Path) -> None:
    called = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not called & {"apply", "actual", "refresh", "patch"}
