"""The floors of the house: a module imports its own floor and lower ones, and no two need each other."""

from __future__ import annotations

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# From the top; each is a package, or a module that stands by itself. See ARCHITECTURE.md.
FLOORS = (
    {"deploy"},
    {"windlass.cli"},
    {"windlass.run"},
    {"roles"},
    {"windlass.lab", "windlass.secrets", "windlass.project"},
    {"windlass.inventory", "windlass.ssh", "windlass.sizing", "windlass.app"},
    {"windlass.source", "windlass.host"},
    {"windlass.output", "windlass.settings", "windlass.template"},
    {"windlass.agent"},
    {"windlass.errors", "windlass.words", "windlass"},
)


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for top in ("windlass", "roles") for path in sorted((ROOT / top).rglob("*.py"))} | {
    "deploy": ROOT / "deploy.py"
}


@cache
def imports(module: str) -> frozenset[str]:
    """Our modules that one imports, anywhere in it, be it for its types alone."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else str(node.module) for name in names}
    return frozenset(found & MODULES.keys())


def floor(module: str) -> int:
    """0 = the top."""
    parts = module.split(".")
    places = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return next(number for place in places for number, rooms in enumerate(FLOORS) if place in rooms)


@pytest.mark.parametrize("module", MODULES)
def test_nothing_climbs(module: str) -> None:
    assert [other for other in imports(module) if floor(other) < floor(module)] == []


def test_no_circles() -> None:
    try:
        TopologicalSorter({module: imports(module) - {module} for module in MODULES}).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_the_agent_needs_nothing_but_itself() -> None:
    """That it needs no library either is held by `tests/agent/test_shipped.py`."""
    outside = {
        (module, other)
        for module in MODULES
        if module.startswith("windlass.agent")
        for other in imports(module)
        if not other.startswith("windlass.agent")
    }
    assert outside == set()


def test_few_modules_stand_outside_a_room() -> None:
    assert len(list((ROOT / "windlass").glob("*.py"))) <= 10


@pytest.mark.parametrize("module", [name for name in MODULES if not name.startswith("roles")])
def test_no_module_is_longer_than_one_can_read(module: str) -> None:
    assert len(MODULES[module].read_text().splitlines()) <= 250
