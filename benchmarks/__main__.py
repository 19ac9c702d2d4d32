"""Runs the benchmarks named on the command line, or all: `python -m benchmarks [noop] [fresh] [deploy] [shortener]`."""

from __future__ import annotations

import sys
from importlib import import_module

from benchmarks.world import world

ALL = ("noop", "fresh", "deploy", "shortener")


def main() -> None:
    """Prints each benchmark's figures as they come."""
    names = sys.argv[1:] or ALL
    with world() as here:
        for name in names:
            module = import_module(f"benchmarks.{name}")
            print(f"\n{(module.__doc__ or '').splitlines()[0]}", flush=True)
            for line in module.measure(here):
                print(f"  {line}", flush=True)


main()
