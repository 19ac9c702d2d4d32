"""Runs the benchmarks named on the command line, or all: `python -m benchmarks [startup] [noop] [inventory] ...`."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

from benchmarks.world import world

if TYPE_CHECKING:
    from types import ModuleType

WITHOUT_HOSTS = ("inventory",)
ALL = (*WITHOUT_HOSTS, "startup", "noop", "fresh", "deploy", "shortener")


def main() -> None:
    """Prints each benchmark's figures as they come."""
    names = sys.argv[1:] or ALL
    for name in (name for name in names if name in WITHOUT_HOSTS):
        module = import_module(f"benchmarks.{name}")
        _show(module, module.measure())
    if on_hosts := [name for name in names if name not in WITHOUT_HOSTS]:
        with world() as here:
            for name in on_hosts:
                module = import_module(f"benchmarks.{name}")
                _show(module, module.measure(here))


def _show(module: ModuleType, lines: list[str]) -> None:
    print(f"\n{(module.__doc__ or '').splitlines()[0]}", flush=True)
    for line in lines:
        print(f"  {line}", flush=True)


main()
