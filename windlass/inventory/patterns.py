"""Host patterns as Ansible has them: `web`, `web:db`, `web:&eu`, `all:!db`, `web*`, `~regex`, `web[0]`, commas."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING

from windlass.errors import UsageError
from windlass.inventory.problems import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from windlass.inventory.tree import Tree

_SUBSCRIPT = re.compile(r"(.+)\[(?:(-?[0-9]+)|([0-9]+):([0-9]*))\]")
_PARTS = re.compile(r"(?:[^\s:\[\]]|\[[^\]]*\])+")
_WILD = "*?["


def select(tree: Tree, patterns: Sequence[str]) -> list[str]:
    """The names of the hosts that the patterns together mean, without duplicates.

    Raises UsageError for a name that is unknown, a pattern that matches nothing, and an empty result.
    """
    parts = [part for pattern in patterns for part in _split(tree, pattern)]
    if not parts:  # to Ansible that is all hosts; here it is rather a shell's variable that is not set
        raise UsageError(f"{','.join(patterns)!r} names no host", hint="./deploy.py inventory shows what there is")
    # As Ansible has it: first what is added, then what it is cut down to, then what is left out.
    added = [part for part in parts if part[0] not in "&!"] or ["all"]
    found = dict.fromkeys(name for part in added for name in _match(tree, part, must_match=True))
    for part in parts:
        if part[0] == "&":
            kept = set(_match(tree, part[1:]))
            found = {name: None for name in found if name in kept}
    for part in parts:
        if part[0] == "!":
            for name in _match(tree, part[1:]):
                found.pop(name, None)
    if not found:
        raise UsageError(f"no host matches {','.join(patterns)!r}", hint=_hint_when_empty(tree))
    return list(found)


def _split(tree: Tree, pattern: str) -> list[str]:
    if pattern in tree.hosts or pattern.lstrip("!&").startswith("~"):
        return [pattern]  # an IPv6 address or a regular expression may contain colons
    parts = pattern.split(",") if "," in pattern else _colons(tree, pattern)
    return [part.strip() for part in parts if part.strip(" !&")]


def _colons(tree: Tree, pattern: str) -> list[str]:
    return [pattern] if pattern.lstrip("!&") in tree.hosts else _PARTS.findall(pattern)


def _match(tree: Tree, pattern: str, *, must_match: bool = False) -> list[str]:
    """The hosts that one pattern means. Raises UsageError for an unknown name, in `!name` too."""
    if pattern in tree.hosts:
        return [pattern]
    plain, subscript = pattern, None
    if not pattern.startswith("~") and (subscript := _SUBSCRIPT.fullmatch(pattern)):
        plain = subscript[1]
    groups = _matching(tree.groups, plain)
    hosts = dict.fromkeys(host for group in groups for host in tree.members[group])
    if not groups or plain.startswith("~") or any(sign in plain for sign in f".{_WILD}"):
        hosts |= dict.fromkeys(_matching(tree.hosts, plain))
    wild = plain.startswith("~") or any(sign in plain for sign in _WILD)
    if not hosts and not groups and not (wild and not must_match) and plain != "all":
        raise _unknown(tree, plain, wild=wild)
    return _part(list(hosts), subscript, pattern) if subscript else list(hosts)


def _matching(names: Iterable[str], pattern: str) -> list[str]:
    try:
        regex = re.compile(pattern[1:] if pattern.startswith("~") else fnmatch.translate(pattern))
    except re.error as error:
        raise UsageError(f"{pattern!r} is not a regular expression: {error}") from None
    return [name for name in names if regex.match(name)]


def _part(hosts: list[str], subscript: re.Match[str], pattern: str) -> list[str]:
    """`[0]`, `[-1]`, `[2:4]` (both ends included) or `[2:]` of a list of hosts."""
    if subscript[2] is None:
        end = int(subscript[4]) + 1 if subscript[4] else len(hosts)
        return hosts[int(subscript[3]) : end]
    try:
        return [hosts[int(subscript[2])]]
    except IndexError:
        count = f"{len(hosts)} host{'' if len(hosts) == 1 else 's'}"
        raise UsageError(f"{pattern!r}: there {'is' if len(hosts) == 1 else 'are'} only {count}") from None


def _unknown(tree: Tree, name: str, *, wild: bool) -> UsageError:
    if wild:
        return UsageError(f"no host or group matches {name!r}", hint=_hint_when_empty(tree))
    near = nearest(name, [*(set(tree.groups) - {"all", "ungrouped"}), *tree.hosts])
    hint = f"did you mean {near!r}?" if near else _hint_when_empty(tree)
    if name == "lab":
        hint = "there is no lab yet: ./deploy.py lab up"
    return UsageError(f"unknown host or group {name!r}", hint=hint)


def _hint_when_empty(tree: Tree) -> str:
    if tree.hosts:
        return "./deploy.py inventory shows what there is"
    return "the inventory has no hosts: add one to inventory/hosts.yml, or try ./deploy.py lab up"
