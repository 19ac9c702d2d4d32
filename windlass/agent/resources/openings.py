"""What the rules of Windlass let in, and who listens to no avail with them."""

from __future__ import annotations

import re

from windlass.agent.listeners import listeners, owners

# As `templates/nftables/windlass.nft.j2` has them, e.g. `tcp dport { 22, 80, 443 } accept`.
OPENING = re.compile(r"\b(tcp|udp) dport (?:\{ (.*?) \}|(\S+)) accept$", re.MULTILINE)


def shut_out(rules: str, before: str) -> str:
    """Which listeners are reached no more, and the setting that keeps them, in a line; empty = there are none.

    `before` are the rules that have counted so far, empty = everybody was let in.
    """
    had, has = openings(before), openings(rules)
    closed: dict[str, str] = {}
    for protocol, port, inode in listeners():
        if (not before or _is_in(had, protocol, port)) and not _is_in(has, protocol, port):
            opening = str(port) if protocol == "tcp" else f"{port}/udp"
            closed.setdefault(opening, inode)
    if not closed:
        return ""
    names = owners()
    who = ", ".join(f"{opening} ({names[inode]})" if inode in names else opening for opening, inode in closed.items())
    return f"firewall: shuts out who comes to {who}; to let them in: `firewall: {{allow: [{', '.join(closed)}]}}`"


def openings(rules: str) -> list[tuple[str, int, int]]:
    """Protocol, first and last port of what is let in, be it from some addresses alone."""
    found = []
    for protocol, several, one in OPENING.findall(rules):
        for ports in (several or one).split(", "):
            first, _, last = ports.partition("-")
            found.append((protocol, int(first), int(last or first)))
    return found


def _is_in(opened: list[tuple[str, int, int]], protocol: str, port: int) -> bool:
    return any(protocol == each and first <= port <= last for each, first, last in opened)
