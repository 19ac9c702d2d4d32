"""Host patterns as Ansible has them: `web`, `web:db`, `web:&eu`, `all:!db`, `web*`, `~regex`, `web[0]`, files."""

from __future__ import annotations

import fnmatch
import re
from ipaddress import AddressValueError, IPv6Address
from typing import TYPE_CHECKING

from windlass.errors import UsageError
from windlass.inventory.problems import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from windlass.inventory.tree import Tree

# `[1-]` and `[0-2]` are deprecated, and still what `[1:]` and `[0:2]` are.
_SUBSCRIPT = re.compile(r"(.+)\[(?:(-?[0-9]+)|([0-9]+)[:-]([0-9]*))\]")
_PARTS = re.compile(r"(?:[^\s:\[\]]|\[[^\]]*\])+")
_RANGE = re.compile(r"\[(?:[0-9a-f]+:[0-9a-f]+)(?::[0-9]+)?\]", re.IGNORECASE)
_WITH_PORT = re.compile(r"(?:\[(.+)\]|((?:[^:\[\]]|\[[^\]]*\])*)):[0-9]+")
_HOST = re.compile(r"\w([\w-]*\w)?(\.\w([\w-]*\w)?)*")
_WILD = "*?["
_COLON = "where there is a comma, a colon separates nothing: write commas only"


def select(
    tree: Tree, patterns: Sequence[str], lines_of: Callable[[str], list[str]], tell: Callable[[str], None]
) -> list[str]:
    """The names of the hosts that the patterns together mean, without duplicates.

    `lines_of` gives the patterns of an `@FILE`; `tell` is told of an exclusion that matches nothing.

    Raises UsageError for a name that is unknown, a pattern that matches nothing, and an empty result.
    """
    parts = [part for pattern in patterns for part in _with_files(split(tree, pattern), lines_of)]
    if not parts:  # to Ansible that is all hosts; here it is rather a shell's variable that is not set
        raise UsageError(f"{','.join(patterns)!r} names no host", hint="./deploy.py inventory shows what there is")
    if empty := next((part for part in parts if part in ("!", "&", "~", "!~", "&~")), None):
        raise UsageError(f"{empty!r} in {','.join(patterns)!r} has nothing behind it", hint="Name a host or group.")
    # As Ansible has it: first what is added, then what it is cut down to, then what is left out.
    added = [part for part in parts if part[0] not in "&!"] or ["all"]
    kept = [set(_match(tree, part[1:])) for part in parts if part[0] == "&"]
    left_out = {name for part in parts if part[0] == "!" for name in _left_out(tree, part, tell)}
    found = dict.fromkeys(name for part in added for name in _match(tree, part, must_match=True))
    names = [name for name in found if name not in left_out and all(name in each for each in kept)]
    if not names:
        raise UsageError(f"no host matches {','.join(patterns)!r}", hint=_hint_when_empty(tree))
    return names


def split(tree: Tree, pattern: str) -> list[str]:
    """The patterns in a pattern: between commas; where there are none, between colons, unless it is an address."""
    if "," in pattern:
        parts = pattern.split(",")
    elif pattern in tree.hosts or _is_address(pattern):
        parts = [pattern]
    else:
        parts = _PARTS.findall(pattern)
    return [part.strip() for part in parts if part.strip()]


def _is_address(pattern: str) -> bool:
    """Whether a pattern is a host's name or address, maybe with ranges and a port: its colons separate nothing."""
    with_port = _WITH_PORT.fullmatch(pattern)
    plain = _RANGE.sub("1", with_port[1] or with_port[2] if with_port else pattern)
    if _HOST.fullmatch(plain):
        return True
    try:
        return not IPv6Address(plain).scope_id
    except AddressValueError:
        return False


def _with_files(parts: list[str], lines_of: Callable[[str], list[str]]) -> list[str]:
    """The parts, and those that stand in files in place of `@FILE`."""
    return [part for each in parts for part in (lines_of(each[1:]) if each[0] == "@" else [each])]


def _left_out(tree: Tree, part: str, tell: Callable[[str], None]) -> list[str]:
    found = _match(tree, part[1:])
    if not found and not _matching(tree.groups, part[1:]):
        tell(f"{part!r} matches no host and no group: it leaves out nobody")
    return found


def _match(tree: Tree, pattern: str, *, must_match: bool = False) -> list[str]:
    """The hosts that one pattern means. Raises UsageError for an unknown name, in `!name` too."""
    if must_match and pattern in tree.hosts:
        return [pattern]
    plain, subscript = pattern, None
    if not pattern.startswith("~") and (subscript := _SUBSCRIPT.fullmatch(pattern)):
        plain = subscript[1]
    wild = plain.startswith("~") or any(sign in plain for sign in _WILD)
    groups = _matching(tree.groups, plain)
    # A host comes once for each group, as Ansible has it: a subscript counts them so.
    hosts = [host for group in groups for host in tree.members[group]]
    if not groups or wild or "." in plain:
        hosts += _matching(tree.hosts, plain)
    if not hosts and not groups and not (wild and not must_match) and plain != "all":
        raise _unknown(tree, plain, wild=wild)
    return _part(hosts, subscript, pattern) if subscript and hosts else hosts


def _matching(names: Iterable[str], pattern: str) -> list[str]:
    try:
        regex = re.compile(pattern[1:] if pattern.startswith("~") else fnmatch.translate(pattern))
    except re.error as error:
        raise UsageError(f"{pattern!r} is not a regular expression: {error}") from None
    return [name for name in names if regex.match(name)]


def _part(hosts: list[str], subscript: re.Match[str], pattern: str) -> list[str]:
    """`[0]`, `[-1]`, `[2:4]` (both ends included) or `[2:]` of a list of hosts; `[2:0]` is `[2]` to Ansible."""
    end = int(subscript[4]) if subscript[4] else len(hosts)
    if subscript[2] is None and end:
        return hosts[int(subscript[3]) : end + 1]
    try:
        return [hosts[int(subscript[2] or subscript[3])]]
    except IndexError:
        count = f"{len(hosts)} host{'' if len(hosts) == 1 else 's'}"
        raise UsageError(f"{pattern!r}: there {'is' if len(hosts) == 1 else 'are'} only {count}") from None


def _unknown(tree: Tree, name: str, *, wild: bool) -> UsageError:
    if wild:
        hint = _COLON if ":" in name else _hint_when_empty(tree)
        return UsageError(f"no host or group matches {name!r}", hint=hint)
    near = nearest(name, [*(set(tree.groups) - {"all", "ungrouped"}), *tree.hosts])
    hint = f"did you mean {near!r}?" if near else _hint_when_empty(tree)
    if name == "lab":
        hint = "there is no lab yet: ./deploy.py lab up"
    if ":" in name:
        hint = "a port goes into ansible_port" if _WITH_PORT.fullmatch(name) else _COLON
    return UsageError(f"unknown host or group {name!r}", hint=hint)


def _hint_when_empty(tree: Tree) -> str:
    if tree.hosts:
        return "./deploy.py inventory shows what there is"
    return "the inventory has no hosts: ./deploy.py init SOURCE --host HOST adds one, or try ./deploy.py lab up"
