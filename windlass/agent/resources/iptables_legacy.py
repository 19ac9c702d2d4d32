"""The rules of iptables-legacy, which nft does not list: an older part of the kernel keeps them."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from windlass.agent.failures import Failed

if TYPE_CHECKING:
    from windlass.agent.machine import Machine

# By family, as nft calls it: the kernel's list of the tables that somebody has asked for, and what shows their rules.
SOURCES = {
    "ip": ("/proc/net/ip_tables_names", "/usr/sbin/iptables-legacy-save"),
    "ip6": ("/proc/net/ip6_tables_names", "/usr/sbin/ip6tables-legacy-save"),
}
TABLE = "filter of iptables-legacy"
# Lines such as `:INPUT DROP [0:0]` and `-A INPUT -p tcp -j f2b-sshd`; a user's own chain has the policy `-`.
CHAIN = re.compile(r"^:(\S+) (\S+) \[", re.MULTILINE)
QUOTED = re.compile(r'"[^"]*"')
RULE = re.compile(r"^-A (\S+)(?: .*-[jg] (\S+))?", re.MULTILINE)


def filtering(machine: Machine) -> list[dict[str, Any]]:
    """The chains and rules of the table `filter`, as nft's JSON has its own; empty where the kernel has no such table.

    Raises Failed when there is one and nothing to look into it with.
    """
    found: list[dict[str, Any]] = []
    for family, (names, save) in SOURCES.items():
        if "filter" in _tables(names):
            if not os.path.exists(save):
                raise Failed(
                    f"there may be another firewall: the kernel has a table of iptables-legacy, but there is no {save}",
                    hint="Install iptables and see what is in it. `firewall: {managed: false}` leaves all to that one.",
                )
            found += _objects(family, machine.run([save, "-t", "filter"]))
    return found


def _tables(names: str) -> list[str]:
    try:
        with open(names, encoding="ascii") as file:
            return file.read().split()
    except OSError:  # a kernel without iptables-legacy
        return []


def _objects(family: str, saved: str) -> list[dict[str, Any]]:
    place = {"family": family, "table": TABLE}
    policies = dict(CHAIN.findall(saved))
    chains = [{"kind": "chain", **place, "name": name, **_hook(name, policy)} for name, policy in policies.items()]
    rules = [
        {"kind": "rule", **place, "chain": name, "expr": [{"jump": {"target": target}}] if target in policies else []}
        for name, target in RULE.findall(QUOTED.sub("", saved))
    ]
    return [*chains, *rules]


def _hook(name: str, policy: str) -> dict[str, str]:
    """What makes a chain one that the kernel itself asks; those that others only jump to have no policy."""
    return {} if policy == "-" else {"type": "filter", "hook": name.lower(), "policy": policy.lower()}
