"""The first code that runs on a host: makes the shipped sources importable, then starts the agent.

The control side sends a stub in argv (see `windlass/run/transport.py`) that reads all sources from stdin (JSON, by the
names of their modules) and starts this one.
Nothing is written to the host's disk.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


class ShippedSources:
    """A finder and loader (PEP 451) over `{module name: source}`; a name with modules below it is a package."""

    def __init__(self, sources: dict[str, str]) -> None:
        self.sources = sources

    def find_spec(self, name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        if name not in self.sources:
            return None
        package = any(other.startswith(name + ".") for other in self.sources)
        return importlib.machinery.ModuleSpec(name, self, is_package=package)  # type: ignore[arg-type]

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        file = name.replace(".", "/") + ".py"
        exec(compile(self.sources[name], file, "exec"), module.__dict__)  # noqa: S102 - that is what a loader is for

    def get_source(self, name: str) -> str:
        """Where `traceback` finds the lines to show (by way of linecache)."""
        return self.sources[name]


def add(sources: dict[str, str]) -> None:
    """Makes further sources importable, by the names of their modules."""
    if sources:
        sys.meta_path.insert(0, ShippedSources(sources))


def start(sources: dict[str, str]) -> None:
    """Makes the sources importable, and starts the agent."""
    add(sources)
    importlib.import_module("windlass.agent.agent").main()
