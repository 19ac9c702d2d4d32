"""How long reading an inventory of 2,000 hosts takes, and how much memory, beside ansible-inventory."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.inventory.conftest import environment
from tests.lab.commands import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HOSTS, GROUPS, ROUNDS = 2000, 40, 5
MIB = 1024  # KiB, in which the kernel counts
# A process begins with the memory of the one that starts it, which has to be a small one.
WATCH = """
import os, sys
quiet = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)]
_, status, used = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet), 0)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
sys.exit(bool(status))
"""


class Cost(NamedTuple):
    """Seconds of processor, and KiB of memory at most."""

    seconds: float
    memory: float


def measure() -> list[str]:
    """Lines to print."""
    lines = []
    with tempfile.TemporaryDirectory(prefix="windlass-benchmark-") as name:
        home = Path(name)
        for kind, text in (("INI", "\n".join(ini())), ("YAML", "\n".join(yaml()))):
            project = home / kind
            (project / "inventory").mkdir(parents=True)
            (project / "inventory" / ("hosts" if kind == "INI" else "hosts.yml")).write_text(text)
            ours, theirs = costs(project, environment(home))
            lines.append(
                f"{kind:5}deploy.py {ours.seconds:5.2f} s {ours.memory / MIB:4.0f} MiB   "
                f"ansible-inventory {theirs.seconds:5.2f} s {theirs.memory / MIB:4.0f} MiB   "
                f"{theirs.seconds / ours.seconds:.1f}x as fast, {ours.memory / theirs.memory:.2f}x the memory"
            )
    return lines


def hosts() -> Iterator[tuple[str, str, dict[str, str]]]:
    """Group, name and variables of each host."""
    for number in range(HOSTS):
        address = f"10.0.{number // 256}.{number % 256}"
        plain = {"ansible_host": address, "ansible_user": "deploy", "ansible_port": "22", "weight": f"{number % 7}"}
        group = f"rack{number % GROUPS}"
        yield group, f"host{number:04}", {**plain, "rack": group, "note": f"'number {number}'"}


def ini() -> Iterator[str]:
    """The lines of the inventory in INI."""
    names: dict[str, list[str]] = {}
    for group, name, variables in hosts():
        names.setdefault(group, []).append(name)
        yield " ".join([name, *(f"{key}={value}" for key, value in variables.items())])
    for group, members in names.items():
        yield from (f"[{group}]", *members, f"[{group}:vars]", f"rack_name={group}")
    yield from ("[racks:children]", *names, "[racks:vars]", "region=eu")


def yaml() -> Iterator[str]:
    """The lines of the same in YAML."""
    names: dict[str, list[str]] = {}
    for group, name, variables in hosts():
        lines = [f"          {key}: {value}" for key, value in variables.items()]
        names.setdefault(group, []).extend((f"        {name}:", *lines))
    yield from ("racks:", "  vars: {region: eu}", "  children:")
    for group, lines in names.items():
        yield from (f"    {group}:", f"      vars: {{rack_name: {group}}}", "      hosts:", *lines)


def costs(project: Path, variables: dict[str, str]) -> tuple[Cost, Cost]:
    """The medians of Windlass and of Ansible; they take turns, so that both meet the same machine."""
    folder = Path(sys.executable).parent
    ours = [sys.executable, str(ROOT / "deploy.py"), "--project", str(project), "inventory", "--list"]
    theirs = [str(folder / "ansible-inventory"), "--inventory", str(project / "inventory"), "--list"]
    rounds = [(cost(ours, variables), cost(theirs, variables)) for _ in range(ROUNDS)]
    first, second = (Cost(*map(statistics.median, zip(*column, strict=True))) for column in zip(*rounds, strict=True))
    return first, second


def cost(command: Sequence[str], variables: dict[str, str]) -> Cost:
    """What a command takes, its output thrown away."""
    asked = [sys.executable, "-S", "-c", WATCH, *command]
    run = subprocess.run(asked, env=variables, stdout=subprocess.PIPE, text=True, check=True)
    return Cost(*map(float, run.stdout.split()))
