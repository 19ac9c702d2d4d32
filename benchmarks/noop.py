"""`provision` of a host that is as it should be, beside `ssh HOST true`. Goal: at most 3x, aim 1.5x."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.world import medians

if TYPE_CHECKING:
    from benchmarks.world import World

ROUNDS = 15


def measure(world: World) -> list[str]:
    """Lines to print."""
    world.windlass("provision", "lab")
    login, provision, check = medians(
        ROUNDS,
        lambda: world.ssh("lab", "true"),
        lambda: world.windlass("provision", "lab"),
        lambda: world.windlass("provision", "lab", "--check"),
    )
    return [
        f"ssh HOST true              {login:6.3f} s",
        f"no-op provision            {provision:6.3f} s   {provision / login:.2f}x",
        f"no-op provision --check    {check:6.3f} s   {check / login:.2f}x",
    ]
